import { expect, it } from "vitest";
import { cipherName } from "./tls-ciphers.ts";

it.each([
  [0x1301, "TLS_AES_128_GCM_SHA256"],
  [0x1302, "TLS_AES_256_GCM_SHA384"],
  [0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"],
  [0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"],
  [0x0a0a, "0x0a0a"],
  [0, "0x0000"],
  [0x1ffff, "0x1ffff"],
])("names cipher suite %i %s", (suite, name) => {
  expect(cipherName(suite)).toBe(name);
});
