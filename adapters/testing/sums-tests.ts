import assert from "node:assert/strict";
import type { MetricDeclaration, MetricInstance, PointInstance, Template } from "../../schemas/model/instance.ts";
import { isAggregator, type Sums } from "../adapter.ts";
import { fakeBackend } from "./backend.ts";
import { fakeHost } from "./fake-host.ts";
import type { ContractTest, Subject } from "./options.ts";

/** What an adapter that sums up metric instances in process promises the hub. */
export function sumsTests<T extends Template>({ open, options }: Subject<T>): ContractTest[] {
  const { instances, backend, withoutHttp } = options;

  async function opened() {
    const declared = instances.find((each) => each.template === "metric");
    if (declared === undefined) throw new Error("what sums up needs a metric among the instances of its tests");
    const host = fakeHost(instances, { fetch: fakeBackend().fetch });
    const outlet = await open(host);
    if (isAggregator(outlet) || outlet.sums === undefined) throw new Error("does not sum up any more");
    const { sums } = outlet;
    const harvest = (isLast = false) => {
      host.nowMs += sums.intervalMs;
      return sums.harvest(isLast);
    };
    return { host, outlet, sums, declared, harvest };
  }

  const always: ContractTest[] = [
    {
      name: "harvests every instance that it recorded, once",
      async run() {
        const { host, outlet, sums, declared, harvest } = await opened();
        for (let i = 0; i < 10; i++) sums.record(measurement(declared, i % 3));
        assert.equal(recordsOf(harvest()), 10);
        sums.record(measurement(declared, 0));
        assert.equal(recordsOf(harvest()), 1);
        assert.equal(recordsOf(harvest()), 0);
        sums.record(measurement(declared, 99));
        assert.equal(recordsOf(harvest(true)), 1);
        assert.equal(host.total("dropped"), 0);
        await outlet.close();
      },
    },
    {
      name: "harvests or drops and counts whatever comes, and never throws while recording",
      async run() {
        const { host, outlet, sums, declared, harvest } = await opened();
        const odd = oddInstances(declared);
        for (const instance of odd) sums.record(instance);
        assert.equal(recordsOf(harvest(true)) + host.total("dropped"), odd.length);
        await outlet.close();
      },
    },
  ];
  if (backend !== undefined || withoutHttp !== undefined) return always;
  return [
    ...always,
    {
      name: "delivers what it harvests",
      async run() {
        const { outlet, sums, declared, harvest } = await opened();
        for (let i = 0; i < 3; i++) sums.record(measurement(declared, i));
        const { deliver } = outlet as {
          deliver(batch: readonly PointInstance[], signal: AbortSignal): Promise<unknown>;
        };
        assert.deepEqual(await deliver(harvest(), new AbortController().signal), { status: "delivered" });
        await outlet.close();
      },
    },
  ];
}

/** A metric instance as rules send it, each i with labels of its own. */
function measurement({ name, labelNames }: MetricDeclaration, i: number): MetricInstance {
  const labels = { names: labelNames, values: labelNames.map((label) => `${label}-${i}`) };
  return { template: "metric", instance: name, labels, value: 1, weight: 1, traceId: undefined };
}

function oddInstances(declared: MetricDeclaration): MetricInstance[] {
  const plain = measurement(declared, 0);
  return [
    ...[Number.NaN, Infinity, -1, 2 ** 60, 5e-324].map((value) => ({ ...plain, value })),
    { ...plain, instance: "nobody declared this" },
    { ...plain, labels: { names: ["x"], values: ['\ud800\n"\\\u0000'] } },
  ];
}

function recordsOf(points: ReturnType<Sums["harvest"]>): number {
  return points.reduce((sum, { records }) => sum + records, 0);
}
