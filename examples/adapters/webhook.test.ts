import assert from "node:assert/strict";
import { test } from "node:test";
import { adapterTests, aLogEntry, fakeBackend, fakeHost } from "mixdown/adapter/testing";
import adapter from "./webhook.ts";

const params = { url: "http://backend.test/hook", token: "s3cret" };

const contract = await adapterTests(adapter, {
  params,
  instances: [{ name: "access", template: "logentry", variables: { path: "STRING" } }],
  instance: (i) => aLogEntry("access", { variables: { path: `/${i}` } }),
});
for (const { name, run } of contract) test(name, run);

test("posts one object for each entry, with the token", async () => {
  const backend = fakeBackend();
  const outlet = await adapter.open(params, fakeHost([], { fetch: backend.fetch }));
  assert.ok("deliver" in outlet);
  await outlet.deliver([aLogEntry("access", { variables: { path: "/" } })], new AbortController().signal);
  const [request] = backend.received;
  assert.equal(request?.headers.get("authorization"), "Bearer s3cret");
  assert.deepEqual(await request?.json(), [{ time: "2023-11-14T22:13:20Z", severity: "info", path: "/" }]);
});
