import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { fakeHost } from "../testing/fake-host.ts";
import { questionOf } from "../testing/question.ts";
import { apikey } from "./index.ts";

// Reading takes no time here, so that what a step of the clock began has ended after it.
vi.mock(import("node:fs/promises"), async (original) => ({
  ...(await original()),
  readFile: (async (path: string) => readFileSync(path)) as never,
}));

const never = new AbortController().signal;
const hashOf = (key: string) => createHash("sha256").update(key).digest("hex");
const good = `keys:
  - { name: acme, sha256: ${hashOf("k-1")}, metadata: { plan: gold } }
  - { name: trial, sha256: ${hashOf("k-2").toUpperCase()}, expires: "2026-01-01T01:00:00+01:00" }
`;

let folder: string;
let file: string;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"], now: Date.UTC(2025, 11, 31) });
  folder = mkdtempSync(join(tmpdir(), "mixdown-apikey-"));
  file = join(folder, "keys.yaml");
  writeFileSync(file, good);
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

async function open(params: object = {}) {
  const host = fakeHost([], { now: Date.now, handler: "partners" });
  const checker = await apikey.checks!.open(apikey.config.parse({ file, ...params }), host);
  const checkWith = async (headers: Record<string, string>, query: Record<string, string> = {}) =>
    checker.check(questionOf({ attributes: { "request.headers": headers, "request.query_params": query } }), never);
  return { host, checkWith, check: (key: string) => checkWith({ "x-api-key": key }), close: checker.close };
}

/** Lets this much time go by, and what was begun end. */
const later = async (ms: number) => {
  await vi.advanceTimersByTimeAsync(ms);
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
};

const refusedFor = (message: string) => ({
  verdict: "deny",
  denial: { status: 401, code: 16, message },
  changes: { client: [{ action: "set", name: "www-authenticate", value: 'ApiKey realm="partners"' }] },
});

it("says whose key it is", async () => {
  const { check } = await open();
  expect(await check("k-1")).toMatchObject({
    verdict: "pass",
    attributes: {
      "request.api_key": "acme",
      "request.auth.principal": "partners/acme",
      "request.auth.claims": new Map(Object.entries({ plan: "gold", iss: "partners", sub: "acme" })),
    },
    changes: { metadata: { api_key: { name: "acme", plan: "gold" } } },
    validForMs: Number.POSITIVE_INFINITY,
  });
  expect(JSON.stringify(await check("k-1"))).not.toContain("k-1");
});

it("refuses other keys, and none", async () => {
  const { check, checkWith } = await open();
  expect(await check("k-3")).toMatchObject(refusedFor("the API key is not known"));
  expect(await check(hashOf("k-1"))).toMatchObject(refusedFor("the API key is not known"));
  expect(await checkWith({})).toEqual(refusedFor("an API key is needed"));
});

it("refuses keys from the time on at which they expire", async () => {
  const { check } = await open();
  expect(await check("k-2")).toMatchObject({ verdict: "pass", validForMs: 86_400_000 });
  await later(86_400_000);
  expect(await check("k-2")).toMatchObject(refusedFor("the API key has expired"));
});

it("finds keys where it is told to look, and takes them out", async () => {
  const { checkWith } = await open({
    from: [{ header: "Authorization", prefix: "Key " }, { query: "key" }],
    forward: false,
  });
  expect(await checkWith({ authorization: "key k-1" })).toMatchObject({
    changes: { upstream: [{ action: "remove", name: "authorization" }], metadata: { api_key: { name: "acme" } } },
  });
  expect(await checkWith({}, { key: "k-1" })).toMatchObject({
    changes: { query: [{ name: "key", value: undefined }] },
  });
});

it("lets requests without a key pass where it is optional, with a bad one never", async () => {
  const { check, checkWith } = await open({ optional: true });
  expect(await checkWith({})).toEqual({ verdict: "pass" });
  expect((await check("k-3")).verdict).toBe("deny");
});

it("sees keys come and go, and lets no answer be given again that is another now", async () => {
  const { check, close } = await open();
  const answers = await Promise.all([check("k-1"), check("k-3")]);
  const held = () => answers.map((answer) => "holds" in answer && answer.holds?.());
  await later(5_000);
  expect(held()).toEqual([true, true]);
  writeFileSync(file, `keys: [{ name: new, sha256: ${hashOf("k-3")} }]`);
  await later(5_000);
  expect(held()).toEqual([false, false]);
  expect([(await check("k-1")).verdict, (await check("k-3")).verdict]).toEqual(["deny", "pass"]);
  await close();
});

it.each([
  ["a short hash", "keys: [{ name: a, sha256: abc }]", "keys.0.sha256: expected 64 hexadecimal digits"],
  ["no name", `keys: [{ sha256: ${hashOf("a")} }]`, "keys.0.name"],
  ["the key itself", `keys: [{ name: a, key: secret, sha256: ${hashOf("a")} }]`, "key"],
  ["a bad time", `keys: [{ name: a, sha256: ${hashOf("a")}, expires: tomorrow }]`, "expected a time such as"],
  [
    "one hash twice",
    `keys: [{ name: a, sha256: ${hashOf("a")} }, { name: b, sha256: ${hashOf("a")} }]`,
    "the same hash",
  ],
  ["no YAML", "keys: [", "the file of keys cannot be loaded"],
])("a file with %s leaves the keys as they were for a while", async (_, text, reason) => {
  const { check } = await open({ stale: "10s" });
  writeFileSync(file, text);
  await later(5_000);
  expect((await check("k-1")).verdict).toBe("pass");
  await later(5_000);
  expect(await check("k-1")).toEqual({ verdict: "error", reason: expect.stringContaining(reason) });
});
