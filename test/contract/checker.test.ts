import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, describe, it } from "vitest";
import type { z } from "zod";
import type { Adapter } from "../../adapters/adapter.ts";
import { apikey } from "../../adapters/apikey/index.ts";
import { http } from "../../adapters/http/index.ts";
import { jwt } from "../../adapters/jwt/index.ts";
import { list } from "../../adapters/list/index.ts";
import { opa } from "../../adapters/opa/index.ts";
import { rbac } from "../../adapters/rbac/index.ts";
import { type CheckerOptions, checkerTests } from "../../adapters/testing/checker-tests.ts";

/** What every checker promises the hub, as tests of Vitest. */
function checkerBattery<S extends z.ZodType>(
  adapter: Adapter<never, S>,
  options: Omit<CheckerOptions, "readme">,
): void {
  const readme = readFileSync(new URL(`../../adapters/${adapter.type}/README.md`, import.meta.url), "utf8");
  describe(`the checker ${adapter.type}`, () => {
    for (const { name, run } of checkerTests(adapter, { ...options, readme })) it(name, run);
  });
}

const { privateKey, publicKey } = await generateKeyPair("ES256");
const keys = JSON.stringify({ keys: [await exportJWK(publicKey)] });
const token = await new SignJWT({ iss: "me" }).setProtectedHeader({ alg: "ES256" }).sign(privateKey);
checkerBattery(jwt, {
  params: { issuers: ["me"], jwksUrl: "https://issuer.test/keys" },
  passes: { attributes: { "request.headers": { authorization: `Bearer ${token}` } } },
  fetch: async () => new Response(keys),
});

const folder = mkdtempSync(join(tmpdir(), "mixdown-checker-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, "keys.yaml");
writeFileSync(file, `keys: [{ name: a, sha256: ${createHash("sha256").update("secret").digest("hex")} }]`);
checkerBattery(apikey, {
  params: { file, from: [{ query: "key" }] },
  passes: { attributes: { "request.query_params": { key: "secret" } } },
});

checkerBattery(opa, {
  params: { url: "http://opa.test" },
  passes: { attributes: { "request.path": "/" } },
  fetch: async (_, init) => {
    const { input } = JSON.parse(String(init?.body));
    return Response.json({ result: input.attributes.request.http.path === "/" });
  },
});

// It sends, too; here it is only asked.
checkerBattery(http as unknown as Adapter<never, typeof http.config>, {
  params: { url: "http://hook.test" },
  passes: { attributes: { "request.path": "/" } },
  fetch: async (_, init) => {
    const { attributes } = JSON.parse(String(init?.body));
    return new Response("", { status: attributes["request.path"] === "/" ? 200 : 403 });
  },
});

checkerBattery(list, { params: { entries: ["a"] }, passes: { instance: { value: "a" } } });

checkerBattery(rbac, {
  params: { files: ["examples/istio/*.yaml"] },
  passes: {
    attributes: { "destination.namespace": "shop", "destination.labels": { app: "web" }, "request.method": "GET" },
  },
});
