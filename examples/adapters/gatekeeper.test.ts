import assert from "node:assert/strict";
import { test } from "node:test";
import { checkerTests, fakeBackend, fakeHost, questionOf } from "mixdown/adapter/testing";
import adapter from "./gatekeeper.ts";

const params = { url: "http://backend.test/tenants/" };
const known = { attributes: { "request.headers": { "x-tenant": "acme" } } };

const contract = checkerTests(adapter, { params, passes: known, fetch: fakeBackend().fetch });
for (const { name, run } of contract) test(name, run);

test("refuses tenants that nobody knows, and cannot say when the service is down", async () => {
  const backend = fakeBackend();
  const checker = await adapter.checks?.open(params, fakeHost([], { fetch: backend.fetch }));
  const ask = () => checker?.check(questionOf(known), new AbortController().signal);
  backend.behave(404);
  assert.equal((await ask())?.verdict, "deny");
  backend.behave("down");
  assert.deepEqual(await ask(), { verdict: "error", reason: "no answer from http://backend.test/tenants/" });
  assert.equal(backend.received[0]?.url, "http://backend.test/tenants/acme");
});
