import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { Adapter } from "../../adapters/adapter.ts";
import { fakeHost } from "../../adapters/testing/fake-host.ts";
import { aLogEntry } from "../../adapters/testing/instances.ts";
import { aMetric, aTuple, declareMetric } from "../../adapters/testing/metric-instance.ts";
import { guardAdapter } from "./guard-adapter.ts";

/** A guarded adapter that opens as this, with its host. */
async function open(opened: unknown) {
  const host = fakeHost();
  const guarded = guardAdapter(declare({ open: async () => opened as never }));
  return { host, opened: (await guarded.open({}, host)) as never as Record<string, unknown> };
}

function declare(over: Partial<Adapter> = {}): Adapter {
  return {
    type: "odd",
    summary: "Is odd.",
    accepts: ["metric", "logentry"],
    config: z.strictObject({}),
    open: async () => ({ deliver: async () => ({ status: "delivered" }), close: async () => {} }),
    ...over,
  };
}

const close = async () => {};
const deliver = async () => ({ status: "delivered" });
const call = (member: unknown, ...args: unknown[]) => (member as (...args: unknown[]) => unknown)(...args);
const signal = new AbortController().signal;
const odd = [
  undefined,
  null,
  "text",
  7,
  Symbol("s"),
  Object.freeze({ a: 1 }),
  Object.create(null),
  new Proxy(
    {},
    {
      get: () => {
        throw 1;
      },
    },
  ),
];

describe("opening", () => {
  test.each([
    undefined,
    null,
    "text",
    {},
    { deliver },
    { close },
    { deliver, record() {}, close },
    { deliver: 1, close },
  ])("refuses what is neither outlet nor aggregator: %o", async (opened) => {
    await expect(open(opened)).rejects.toThrow(
      /"open" of the adapter odd gave .* either "deliver" or "record", and "close"/,
    );
  });

  test("what the hub tells of instances cannot be changed", async () => {
    const host = fakeHost([declareMetric("m", ["a"])]);
    const open: Adapter["open"] = async (_, { instances }) => (instances as unknown[]).pop() as never;
    await expect(guardAdapter(declare({ open })).open({}, host)).rejects.toThrow(TypeError);
    expect(host.instances).toHaveLength(1);
  });

  test("takes objects with methods of a class", async () => {
    class Sender {
      readonly sent: unknown[] = [];
      async deliver(batch: unknown) {
        this.sent.push(batch);
        return { status: "delivered" };
      }
      async close() {}
    }
    const sender = new Sender();
    const { opened } = await open(sender);
    await call(opened.deliver, [aMetric("m")], signal);
    expect(sender.sent).toHaveLength(1);
  });

  test("refuses sums that would be harvested all the time", async () => {
    const sums = { intervalMs: 0, record() {}, harvest: () => [] };
    await expect(open({ deliver, close, sums })).rejects.toThrow('"sums.intervalMs" of the adapter is 0');
  });
});

describe("delivering", () => {
  test.each(odd)("what it rejects with becomes an error", async (reason) => {
    const { opened } = await open({ deliver: () => Promise.reject(reason), close });
    await expect(call(opened.deliver, [], signal)).rejects.toBeInstanceOf(Error);
  });

  test("the batch and its instances cannot be changed", async () => {
    const changes: ((batch: never[]) => void)[] = [
      (batch) => batch.pop(),
      (batch) => Object.assign(batch[0]!, { value: 9 }),
      (batch: { labels: { values: string[] } }[]) => batch[0]!.labels.values.reverse(),
    ];
    for (const change of changes) {
      const metric = aMetric("m", { labels: aTuple({ a: "1", b: "2" }) });
      const { opened } = await open({ deliver: async (batch: never[]) => change(batch), close });
      await expect(call(opened.deliver, [metric], signal)).rejects.toThrow(TypeError);
      expect(metric).toEqual(aMetric("m", { labels: aTuple({ a: "1", b: "2" }) }));
    }
  });

  test("changed settings that an aggregator throws over reject, and throw nothing at the others", async () => {
    const reconfigure = () => {
      throw new Error("no");
    };
    const { opened } = await open({ record() {}, close, reconfigure });
    await expect(call(opened.reconfigure, {}, [])).rejects.toThrow("no");
  });

  test("a record that is changed in an aggregator is told as an error", async () => {
    const { opened } = await open({ record: (instance: { value: number }) => void instance.value++, close });
    expect(() => call(opened.record, aMetric("m"))).toThrow(TypeError);
  });
});

describe("what is called outside of a delivery", () => {
  const entry = aLogEntry("l");
  const length = JSON.stringify(entry).length;

  test.each([
    ["a number", () => 12, 12, 0],
    ["no number", () => "12", length, 1],
    ["a negative number", () => -1, length, 1],
    [
      "nothing, since it throws",
      () => {
        throw null;
      },
      length,
      1,
    ],
  ])("sizeOf gives %s", async (_, sizeOf, expected, logged) => {
    const { opened, host } = await open({ deliver, close, sizeOf });
    expect(call(opened.sizeOf, entry)).toBe(expected);
    expect(host.logged).toHaveLength(logged);
  });

  test("sums that throw lose the instance, which is counted", async () => {
    const sums = {
      intervalMs: 1000,
      record() {
        throw "no";
      },
      harvest() {
        throw undefined;
      },
    };
    const { opened, host } = await open({ deliver, close, sums });
    const guarded = opened.sums as { record(instance: unknown): void; harvest(): unknown };
    guarded.record(aMetric("m"));
    expect(guarded.harvest()).toEqual([]);
    expect(host.total("dropped", { reason: "adapter_fault" })).toBe(1);
    expect(host.logged.map(({ message }) => message)).toEqual([
      '"sums.record" of the adapter threw; the instance is lost',
      '"sums.harvest" of the adapter threw',
    ]);
  });

  test.each([undefined, [null], [{ template: "metric" }], [{ template: "point", records: NaN }]])(
    "a harvest of %o is empty",
    async (points) => {
      const { opened, host } = await open({
        deliver,
        close,
        sums: { intervalMs: 1000, record() {}, harvest: () => points },
      });
      expect((opened.sums as { harvest(): unknown }).harvest()).toEqual([]);
      expect(host.logged).toHaveLength(1);
    },
  );

  test.each(odd)("closing that fails is only told", async (reason) => {
    const { opened, host } = await open({ deliver, close: () => Promise.reject(reason) });
    await call(opened.close);
    expect(host.logged).toMatchObject([{ level: "error", message: "the adapter failed to close" }]);
  });

  test("the budget of label combinations is a whole number, whatever is answered", () => {
    const budget = (tupleBudget: () => unknown) =>
      guardAdapter(declare({ tupleBudget: tupleBudget as never })).tupleBudget?.({});
    expect(
      [
        () => 7.5,
        () => "7",
        () => -7,
        () => {
          throw 1;
        },
      ].map(budget),
    ).toEqual([7, 0, 0, 0]);
  });

  test("what its own checks give is a list of problems, or an error", () => {
    const found = (given: unknown) => guardAdapter(declare({ validate: () => given as never })).validate?.({}, []);
    expect(found(undefined)).toEqual([]);
    expect(found([{ path: ["a", 0], message: "no" }, { message: 5 }, null])).toEqual([
      { path: ["a", 0], message: "no" },
      { path: [], message: '{"message":5}' },
      { path: [], message: "null" },
    ]);
    expect(() => found(7)).toThrow('"validate" gave number instead of a list of problems');
  });

  test("limits that are none are left out", () => {
    const limits = (given: unknown) => guardAdapter(declare({ limits: () => given as never })).limits?.({});
    expect([{ maxItems: 5.5, maxBytes: "x" }, null, { maxBytes: 100 }].map(limits)).toEqual([
      { maxItems: 5 },
      {},
      { maxBytes: 100 },
    ]);
  });
});

describe("counting", () => {
  async function counted(...calls: unknown[][]) {
    const host = fakeHost();
    const adapter = declare({
      open: async (_config, given) => {
        for (const args of calls) call(given.count, ...args);
        return { record() {}, close };
      },
    });
    await guardAdapter(adapter).open({}, host);
    return host;
  }

  test("what the hub knows is counted", async () => {
    const host = await counted(["dropped", { reason: "size" }, 2], ["dropped", { reason: 5 }, 1]);
    expect([host.total("dropped", { reason: "size" }), host.total("dropped", { reason: "5" })]).toEqual([2, 1]);
  });

  test.each([["lost", {}, 1], ["dropped", {}, NaN], ["dropped", {}, -1], ["dropped", {}, "x"], []])(
    "anything else is told and not counted",
    async (...args) => {
      const host = await counted(args);
      expect([host.counted, host.logged.length]).toEqual([[], 1]);
    },
  );

  test("labels of ever other values end up without", async () => {
    const host = await counted(...Array.from({ length: 150 }, (_, i) => ["dropped", { reason: `r${i}` }, 1]));
    expect(new Set(host.counted.map(({ labels }) => JSON.stringify(labels))).size).toBe(101);
    expect(host.total("dropped")).toBe(150);
  });
});

describe("pages", () => {
  const family = (samples: () => Iterable<string>) => ({ name: "a", type: "gauge", head: "# TYPE a gauge\n", samples });

  test.each([
    [
      "families that throw",
      () => {
        throw new Error("no");
      },
      "",
    ],
    ["families that are none", () => 7, ""],
    [
      "samples that throw on the way",
      () => [
        family(function* () {
          yield "a 1\n";
          throw new Error("no");
        }),
      ],
      "# TYPE a gauge\na 1\n",
    ],
  ])("%s fail no page", async (_, families, shown) => {
    const host = fakeHost();
    const adapter = declare({
      open: async (_config, { exposeMetrics }) => {
        await exposeMetrics({ families: families as never });
        return { record() {}, close };
      },
    });
    await guardAdapter(adapter).open({}, host);
    expect(await host.scrape()).toBe(shown);
    expect(host.logged).toMatchObject([{ message: "the adapter failed to show its metrics" }]);
  });
});
