import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** PEM files of one identity, and the root it chains to. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** A test authority in a folder. */
export interface Authority {
  /** PEM file of the root. */
  readonly ca: string;
  /** Makes a key and a certificate good for clients and servers; names are like `URI:spiffe://...`, `DNS:localhost`, `IP:127.0.0.1`. */
  issue(name: string, subjectAltNames: readonly string[]): Identity;
}

/** Makes an authority with the openssl on PATH; everything is valid for two days. */
export function createAuthority(folder: string): Authority {
  mkdirSync(folder, { recursive: true });
  const file = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const newKey = (path: string) =>
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path);
  const ca = file("ca.pem");
  const caKey = file("ca.key");
  newKey(caKey);
  openssl("req", "-x509", "-new", "-key", caKey, "-days", "2", "-subj", "/CN=test root", "-out", ca);
  return {
    ca,
    issue(name, subjectAltNames) {
      const key = file(`${name}.key`);
      const cert = file(`${name}.pem`);
      const request = file(`${name}.csr`);
      const extensions = file(`${name}.ext`);
      newKey(key);
      openssl("req", "-new", "-key", key, "-subj", `/CN=${name}`, "-out", request);
      writeFileSync(
        extensions,
        `subjectAltName=${subjectAltNames.join(",")}\nextendedKeyUsage=serverAuth,clientAuth\n`,
      );
      const signer = ["-CA", ca, "-CAkey", caKey, "-CAcreateserial"];
      openssl("x509", "-req", "-in", request, ...signer, "-days", "2", "-extfile", extensions, "-out", cert);
      return { cert, key, ca };
    },
  };
}
