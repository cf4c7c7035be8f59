import { readFileSync } from "node:fs";
import { z } from "zod";
import type { ConfigProblem } from "../adapter.ts";

/** A setting for TLS towards a backend. */
export const tlsSettings = z
  .strictObject({
    ca: z
      .string()
      .optional()
      .describe("PEM file with the roots the backend's certificate must chain to; the system's by default."),
    cert: z.string().optional().describe("PEM file with the certificate chain to show, where the backend wants one."),
    key: z.string().optional().describe("PEM file with that certificate's private key."),
    serverName: z
      .string()
      .optional()
      .describe("Name that the backend's certificate must have, if it is not the host's."),
  })
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), "expected cert and key together")
  .describe("TLS towards the backend.");

/** Checked settings for TLS towards a backend. */
export type TlsSettings = z.output<typeof tlsSettings>;

/** What is wrong with TLS settings in the light of where they are for. */
export function tlsProblems(url: string, tls: TlsSettings | undefined): ConfigProblem[] {
  if (tls === undefined || url.startsWith("https:")) return [];
  return [{ path: ["tls"], message: "the endpoint is without TLS; write https://, or remove tls" }];
}

/** What the files of TLS settings hold. */
export interface TlsMaterial {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly serverName?: string;
}

/** Reads the files; throws naming the setting whose file cannot be read. */
export function readTls({ ca, cert, key, serverName }: TlsSettings): TlsMaterial {
  return {
    ...(ca === undefined ? {} : { ca: read("ca", ca) }),
    ...(cert === undefined ? {} : { cert: read("cert", cert) }),
    ...(key === undefined ? {} : { key: read("key", key) }),
    ...(serverName === undefined ? {} : { serverName }),
  };
}

function read(setting: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Error(`tls.${setting}: ${(error as Error).message}`, { cause: error });
  }
}
