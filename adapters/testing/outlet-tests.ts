import assert from "node:assert/strict";
import { deepFreeze } from "../../schemas/model/deep-freeze.ts";
import type { Template } from "../../schemas/model/instance.ts";
import { type Delivery, isAggregator } from "../adapter.ts";
import { fakeBackend } from "./backend.ts";
import { fakeHost } from "./fake-host.ts";
import type { ContractTest, Subject } from "./options.ts";
import { ownBackendTests } from "./own-backend-tests.ts";

/** What an adapter that sends batches promises the hub, tried against its own fake, else one of an HTTP backend behind `host.fetch`. */
export function outletTests<T extends Template>(subject: Subject<T>): ContractTest[] {
  const { open, options } = subject;
  const { instances, instance, withoutHttp, backend: ownBackend } = options;
  if (ownBackend !== undefined) return ownBackendTests(subject, ownBackend);

  async function opened() {
    const backend = fakeBackend();
    const outlet = await open(fakeHost(instances, { fetch: backend.fetch }));
    if (isAggregator(outlet)) throw new Error("opened as an aggregator");
    const batch = [instance(0), instance(1), instance(2)];
    const deliver = (signal = new AbortController().signal) => outlet.deliver(batch, signal);
    return { backend, outlet, batch, deliver };
  }

  const onStatus = (status: number, name: string, expected: readonly Delivery["status"][]): ContractTest => ({
    name,
    async run() {
      const { backend, outlet, deliver } = await opened();
      backend.behave(status);
      const delivery = await deliver();
      assert.ok(expected.includes(delivery.status), `${delivery.status} is not ${expected.join(" or ")}`);
      assert.match("reason" in delivery ? delivery.reason : "", new RegExp(`${status}`), "the reason names the status");
      await outlet.close();
    },
  });

  const always: ContractTest[] = [
    {
      name: "delivers",
      async run() {
        const { backend, outlet, deliver } = await opened();
        assert.deepEqual(await deliver(), { status: "delivered" });
        if (withoutHttp === undefined) assert.ok(backend.received.length > 0, "nothing reached the backend");
        await outlet.close();
      },
    },
    {
      name: "leaves the batch as it is: other handlers have the same instances",
      async run() {
        const { outlet, batch, deliver } = await opened();
        deepFreeze(batch);
        assert.deepEqual(await deliver(), { status: "delivered" });
        await outlet.close();
      },
    },
  ];
  if (withoutHttp !== undefined) return always;
  return [
    ...always,
    ...[429, 500, 502, 503, 504].map((status) => onStatus(status, `asks for a retry on ${status}`, ["retry"])),
    {
      name: "passes on how long the backend wants to be left alone",
      async run() {
        const { backend, outlet, deliver } = await opened();
        backend.behave(503, { "retry-after": "7" });
        assert.partialDeepStrictEqual(await deliver(), { status: "retry", afterMs: 7000 });
        await outlet.close();
      },
    },
    {
      name: "asks for a retry while the backend is down",
      async run() {
        const { backend, outlet, deliver } = await opened();
        backend.behave("down");
        assert.equal((await deliver()).status, "retry");
        backend.behave(200);
        assert.deepEqual(await deliver(), { status: "delivered" });
        await outlet.close();
      },
    },
    onStatus(413, "on 413 says that the batch is too large, or gives up", ["too_large", "rejected"]),
    ...[400, 401, 403].map((status) => onStatus(status, `gives up on ${status} and says why`, ["rejected"])),
    {
      name: "ends a delivery that is aborted",
      async run() {
        const { backend, outlet, deliver } = await opened();
        backend.behave("silent");
        const abort = new AbortController();
        const delivery = deliver(abort.signal);
        abort.abort();
        assert.equal((await delivery).status, "retry");
        await outlet.close();
      },
    },
  ];
}
