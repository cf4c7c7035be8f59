import assert from "node:assert/strict";
import { deepFreeze } from "../../schemas/model/deep-freeze.ts";
import type { InstanceOf, Template } from "../../schemas/model/instance.ts";
import { isAggregator } from "../adapter.ts";
import { fakeHost } from "./fake-host.ts";
import type { ContractTest, Subject } from "./options.ts";

/** What an adapter that aggregates in process promises the hub. */
export function aggregatorTests<T extends Template>({ open, settings, options }: Subject<T>): ContractTest[] {
  const { instances } = options;
  const instance = (i: number) => options.instance(i) as InstanceOf<T>;

  async function opened() {
    const host = fakeHost(instances);
    const aggregator = await open(host);
    if (!isAggregator(aggregator)) throw new Error("opened as an outlet");
    const page = () => host.scrape({}, [...host.pages.keys()][0]);
    return { host, aggregator, page };
  }

  return [
    {
      name: "shows what it records",
      async run() {
        const { aggregator, page } = await opened();
        const before = await page();
        aggregator.record(deepFreeze(instance(0)));
        assert.notEqual(await page(), before);
        await aggregator.close();
      },
    },
    {
      name: "never throws while recording, whatever comes",
      async run() {
        const { aggregator, page } = await opened();
        for (const value of [NaN, Infinity, -1, 2 ** 60, 5e-324]) aggregator.record({ ...instance(0), value });
        aggregator.record({ ...instance(0), instance: "nobody declared this" });
        aggregator.record({ ...instance(0), labels: { names: ["x"], values: ['\ud800\n"\\\u0000'] } });
        await page();
        await aggregator.close();
      },
    },
    {
      name: "keeps what is aggregated when it is configured the same again",
      async run() {
        const { aggregator, page } = await opened();
        for (let i = 0; i < 5; i++) aggregator.record(instance(i));
        const before = await page();
        await aggregator.reconfigure?.(settings(), instances);
        assert.equal(await page(), before);
        await aggregator.close();
      },
    },
    {
      name: "stops showing when closed",
      async run() {
        const { host, aggregator } = await opened();
        await aggregator.close();
        assert.deepEqual([...host.pages.values()].flat(), []);
      },
    },
    {
      name: "does not open where it cannot show",
      async run() {
        const host = fakeHost(instances, { exposeMetrics: () => Promise.reject(new Error("address in use")) });
        await assert.rejects(open(host), /address in use/);
      },
    },
  ];
}
