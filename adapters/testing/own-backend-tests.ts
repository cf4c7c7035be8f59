import assert from "node:assert/strict";
import { deepFreeze } from "../../schemas/model/deep-freeze.ts";
import type { Template } from "../../schemas/model/instance.ts";
import { type Delivery, isAggregator, type Outlet } from "../adapter.ts";
import { fakeHost } from "./fake-host.ts";
import type { ContractTest, OwnBackend, Subject } from "./options.ts";

/** What an adapter that sends batches promises the hub, tried against a fake of its own kind of backend. */
export function ownBackendTests<T extends Template>(
  { open, options: { instances, instance } }: Subject<T>,
  backend: OwnBackend,
): ContractTest[] {
  type Deliver = (signal?: AbortSignal) => Promise<Delivery>;

  /** A test with an open outlet and a batch of three; the backend does well at first. */
  const withOutlet = (name: string, run: (deliver: Deliver, outlet: Outlet<T>) => Promise<void>): ContractTest => ({
    name,
    async run() {
      backend.behave("well");
      const outlet = await open(fakeHost(instances));
      if (isAggregator(outlet)) throw new Error("opened as an aggregator");
      const batch = deepFreeze([instance(0), instance(1), instance(2)]);
      await run((signal = new AbortController().signal) => outlet.deliver(batch, signal), outlet);
      await outlet.close();
    },
  });

  const retriesWhile = (as: "busy" | "down") =>
    withOutlet(`asks for a retry while the backend is ${as}, and delivers after that`, async (deliver) => {
      backend.behave(as);
      const before = backend.taken();
      const delivery = await deliver();
      assert.equal(delivery.status, "retry");
      assert.ok("reason" in delivery && delivery.reason !== "", "no reason is given");
      assert.equal(backend.taken(), before);
      backend.behave("well");
      assert.deepEqual(await deliver(), { status: "delivered" });
      assert.equal(backend.taken(), before + 3);
    });

  return [
    withOutlet("delivers, and leaves the batch as it is: other handlers have the same instances", async (deliver) => {
      const before = backend.taken();
      assert.deepEqual(await deliver(), { status: "delivered" });
      assert.equal(backend.taken(), before + 3);
    }),
    retriesWhile("busy"),
    retriesWhile("down"),
    withOutlet("opens while the backend is down", async () => {
      backend.behave("down");
      const outlet = await open(fakeHost(instances));
      await outlet.close();
    }),
    withOutlet("gives up on what the backend refuses, and says why", async (deliver) => {
      backend.behave("refusing");
      const delivery = await deliver();
      assert.equal(delivery.status, "rejected");
      assert.ok("reason" in delivery && delivery.reason !== "", "no reason is given");
    }),
    withOutlet("ends a delivery that is aborted, and delivers after that", async (deliver) => {
      backend.behave("silent");
      const abort = new AbortController();
      const delivery = deliver(abort.signal);
      abort.abort();
      assert.equal((await delivery).status, "retry");
      backend.behave("well");
      assert.deepEqual(await deliver(), { status: "delivered" });
    }),
  ];
}
