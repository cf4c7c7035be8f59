import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import type { TlsConfig } from "../config/schema.ts";
import { HubError } from "../errors.ts";

/** The PEM texts a listener's TLS is made from, checked against each other. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca: string | undefined;
}

/** Reads and checks the files; throws TLS_INVALID that names the file and what is wrong with it. */
export function readTlsFiles(config: TlsConfig): TlsFiles {
  const cert = read(config.cert, "certificate");
  const key = read(config.key, "private key");
  const [leaf] = certificatesIn(cert, config.cert);
  if (!leaf!.checkPrivateKey(privateKeyIn(key, config.key))) {
    throw invalid(config.key, `the key does not belong to the first certificate of ${config.cert}`);
  }
  const ca = config.clientCa === undefined ? undefined : read(config.clientCa, "client CA");
  if (ca !== undefined) certificatesIn(ca, config.clientCa!);
  usable({ cert, key, ca }, config.cert);
  return { cert, key, ca };
}

/** The error of a file that cannot be used. */
export function invalid(file: string, reason: string, cause?: unknown): HubError {
  return new HubError("TLS_INVALID", `${file}: ${reason}`, { cause });
}

function read(file: string, what: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw invalid(file, `cannot read the ${what}: ${messageOf(error)}`, error);
  }
}

/** All certificates of a bundle: several roots while they rotate, a chain with the leaf first. */
function certificatesIn(pem: string, file: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw invalid(file, "no PEM certificate in it (-----BEGIN CERTIFICATE-----)");
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch (error) {
      throw invalid(file, `certificate ${index + 1} of ${blocks.length} is damaged: ${messageOf(error)}`, error);
    }
  });
}

function privateKeyIn(pem: string, file: string): KeyObject {
  if (pem.includes("ENCRYPTED")) throw invalid(file, "the private key is encrypted; store it without a passphrase");
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw invalid(file, `no usable PEM private key in it: ${messageOf(error)}`, error);
  }
}

function usable(files: TlsFiles, file: string): void {
  try {
    createSecureContext(files);
  } catch (error) {
    throw invalid(file, `TLS does not accept it: ${messageOf(error)}`, error);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
