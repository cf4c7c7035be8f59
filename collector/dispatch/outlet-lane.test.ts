import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Delivery } from "../../adapters/adapter.ts";
import type { PointInstance } from "../../schemas/model/instance.ts";
import { fakeOutlet, numbered } from "../../test/support/fake-outlet.ts";
import { settled } from "../../test/support/manual-clock.ts";
import { openLane } from "./lane.fixture.ts";

const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i);
const retry: Delivery = { status: "retry", reason: "not now" };

describe("batches", () => {
  it("go when they are full", async () => {
    const { offer, outlet } = openLane({ batch: { maxItems: 3 } });
    offer(...numbers(7).map(numbered));
    await settled();
    expect(outlet.tried).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
  });

  it("go when their oldest item has waited long enough", async () => {
    const { offer, outlet, clock } = openLane({ batch: { maxAge: "200ms" } });
    offer(numbered(1));
    await clock.advance(199);
    expect(outlet.tried).toEqual([]);
    await clock.advance(1);
    expect(outlet.tried).toEqual([[1]]);
  });

  it("hold no more bytes than allowed, by what the adapter says an item takes", async () => {
    const outlet = { ...fakeOutlet(), sizeOf: () => 100 };
    const { offer } = openLane({ batch: { maxBytes: 250 } }, { outlet });
    offer(...numbers(5).map(numbered));
    await settled();
    expect(outlet.tried).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  it("heed the backend's own limits where they are lower", async () => {
    const { offer, outlet } = openLane({ batch: { maxItems: 10 } }, { adapter: { limits: () => ({ maxItems: 2 }) } });
    offer(...numbers(4).map(numbered));
    await settled();
    expect(outlet.tried).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  it("leave out an item that no request can hold", async () => {
    const outlet = {
      ...fakeOutlet(),
      sizeOf: (instance: unknown) => ((instance as { value: number }).value === 1 ? 500 : 1),
    };
    const { offer, buried, accounted } = openLane(
      { batch: { maxItems: 3 } },
      { outlet, adapter: { limits: () => ({ maxBytes: 400 }) } },
    );
    offer(...numbers(3).map(numbered));
    await settled();
    expect(outlet.delivered).toEqual([0]);
    expect(buried).toMatchObject([{ reason: expect.stringContaining("400 bytes"), attempts: 0 }]);
    expect(accounted()).toBe(3);
  });
});

describe("failures", () => {
  it("are tried again after waits that double, with jitter around them", async () => {
    const { offer, outlet, clock, ledger } = openLane({
      batch: { maxItems: 1 },
      retry: { initial: "100ms", max: "300ms" },
    });
    outlet.answer = () => retry;
    offer(numbered(7));
    await settled();
    const triedAfter = async (ms: number) => {
      await clock.advance(ms);
      return outlet.tried.length;
    };
    expect(await triedAfter(99)).toBe(1);
    expect(await triedAfter(1)).toBe(2);
    expect(await triedAfter(199)).toBe(2);
    expect(await triedAfter(1)).toBe(3);
    expect(await triedAfter(300)).toBe(4);
    expect(ledger).toMatchObject({ delivered: 0, retries: 4, lastError: { reason: "not now" } });
  });

  it("wait as long as the backend asks", async () => {
    const { offer, outlet, clock, lane } = openLane({ batch: { maxItems: 1 } });
    outlet.answer = () => ({ ...retry, afterMs: 60_000 });
    offer(numbered(7));
    await clock.advance(59_000);
    expect(outlet.tried).toHaveLength(1);
    expect(lane.state().breaker).toBe("open");
    outlet.answer = () => ({ status: "delivered" });
    await clock.advance(2_000);
    expect(outlet.delivered).toEqual([7]);
  });

  it("end when a batch has been tried for long enough", async () => {
    const { offer, outlet, clock, ledger, accounted } = openLane({
      batch: { maxItems: 2 },
      retry: { maxElapsed: "10s" },
    });
    outlet.answer = () => retry;
    offer(numbered(1), numbered(2));
    await clock.advance(60_000);
    expect([...ledger.dropped]).toEqual([["expired", 2]]);
    expect(accounted()).toBe(2);
  });

  it("of some of a batch touch the others no more", async () => {
    const { offer, outlet, clock, buried } = openLane({ batch: { maxItems: 4 } });
    let calls = 0;
    outlet.answer = () =>
      calls++ === 0 ? { status: "partial", rejected: [1], retry: [2], reason: "one is bad" } : { status: "delivered" };
    offer(...numbers(4).map(numbered));
    await clock.advance(1000);
    expect(outlet.tried).toEqual([[0, 1, 2, 3], [2]]);
    expect(outlet.delivered).toEqual([0, 3, 2]);
    expect(buried).toMatchObject([{ item: { instance: { value: 1 } }, reason: "one is bad", attempts: 1 }]);
  });

  it("through size are halved until they fit, in order; what never fits is set aside", async () => {
    const { offer, outlet, buried } = openLane({ batch: { maxItems: 8 } });
    outlet.answer = (values) =>
      values.length > 2 || values.includes(5) ? { status: "too_large", reason: "413" } : { status: "delivered" };
    offer(...numbers(8).map(numbered));
    await settled();
    expect(outlet.delivered).toEqual([0, 1, 2, 3, 4, 6, 7]);
    expect(buried).toMatchObject([{ item: { instance: { value: 5 } }, reason: "413" }]);
  });

  it.each([
    ["throws", () => Promise.reject(new Error("a bug"))],
    ["answers nothing", () => undefined],
    ["answers nonsense", () => ({ status: "fine" })],
    ["names items that are not there", () => ({ status: "partial", rejected: [9], reason: "" })],
  ])("of an adapter that %s are tried again", async (_, answer) => {
    const { offer, outlet, clock, accounted } = openLane({ batch: { maxItems: 1 } });
    const deliver = outlet.deliver;
    outlet.deliver = answer as never;
    offer(numbered(1));
    await clock.advance(50);
    expect(accounted()).toBe(1);
    outlet.deliver = deliver;
    await clock.advance(1000);
    expect(outlet.delivered).toEqual([1]);
  });
});

describe("time", () => {
  it("ends attempts that take too long, and those that do not end when told to", async () => {
    const { offer, outlet, clock } = openLane({ batch: { maxItems: 1 }, timeout: "1s" });
    outlet.answer = () => new Promise(() => {});
    offer(numbered(1));
    await clock.advance(1000);
    outlet.answer = () => ({ status: "delivered" });
    await clock.advance(1500);
    expect(outlet.delivered).toEqual([1]);
  });

  it("tells the adapter, which may still say what became of the batch", async () => {
    const { offer, outlet, clock, ledger } = openLane({ batch: { maxItems: 1 }, timeout: "1s" });
    outlet.answer = (_, signal) =>
      new Promise((resolve) => signal.addEventListener("abort", () => resolve({ status: "delivered" })));
    offer(numbered(1));
    await clock.advance(1000);
    expect(ledger.delivered).toBe(1);
  });
});

describe("a full queue", () => {
  it("drops what comes, by default", async () => {
    const { offer, ledger, outlet, clock } = openLane({ queue: { maxItems: 2 }, batch: { maxItems: 10 } });
    offer(...numbers(5).map(numbered));
    await clock.advance(1000);
    expect(outlet.delivered).toEqual([0, 1]);
    expect([...ledger.dropped]).toEqual([["queue_full", 3]]);
  });

  it("drops what waits longest", async () => {
    const { offer, outlet, clock } = openLane({ queue: { maxItems: 2 }, whenFull: "drop_oldest" });
    offer(...numbers(5).map(numbered));
    await clock.advance(1000);
    expect(outlet.delivered).toEqual([3, 4]);
  });

  it("makes senders wait until a tenth is free", async () => {
    const { offer, lane, outlet, clock } = openLane({
      queue: { maxItems: 10 },
      batch: { maxItems: 1 },
      whenFull: "block",
      concurrency: 1,
    });
    let let1 = () => {};
    outlet.answer = () => new Promise((resolve) => (let1 = () => resolve({ status: "delivered" })));
    offer(...numbers(9).map(numbered));
    expect(lane.isFull).toBe(false);
    offer(numbered(9));
    expect(lane.isFull).toBe(true);
    await clock.advance(0);
    let1();
    await clock.advance(0);
    expect(lane.isFull).toBe(true);
    let1();
    await clock.advance(0);
    expect(lane.isFull).toBe(false);
  });

  it("is full by bytes, too", async () => {
    const outlet = { ...fakeOutlet(), sizeOf: () => 100 };
    const { offer, ledger } = openLane({ queue: { maxBytes: 250 } }, { outlet });
    offer(...numbers(5).map(numbered));
    expect([...ledger.dropped]).toEqual([["queue_full", 2]]);
  });
});

describe("sums", () => {
  const aPoint = (records: number): PointInstance => ({
    ...{ template: "point", instance: "requests", name: "requests", labels: {}, temporality: "delta" },
    ...{ startMs: 0, timeMs: 1, data: { kind: "counter", value: records }, records },
  });

  it("are harvested at intervals and before the end, and counted as the instances in them", async () => {
    let gathered = 0;
    const asked: (boolean | undefined)[] = [];
    const sums = {
      intervalMs: 10_000,
      record: () => void gathered++,
      harvest(isLast?: boolean) {
        asked.push(isLast);
        const points = gathered > 0 ? [aPoint(gathered)] : [];
        gathered = 0;
        return points;
      },
    };
    const outlet = { ...fakeOutlet(), sums };
    const { offer, lane, ledger, clock, accounted } = openLane({}, { outlet });
    offer(...numbers(5).map(numbered));
    expect(lane.state().pending).toBe(5);
    await clock.advance(11_000);
    expect(ledger.delivered).toBe(5);
    offer(numbered(1));
    await lane.close(1000);
    expect(ledger.delivered).toBe(6);
    expect(accounted()).toBe(6);
    expect(asked).toEqual([false, true]);
    expect(clock.timers).toBe(0);
  });

  it("forget what the adapter dropped", () => {
    const sums = { intervalMs: 1, record() {}, harvest: () => [] };
    const { offer, lane, accounted } = openLane({}, { outlet: { ...fakeOutlet(), sums } });
    offer(...numbers(3).map(numbered));
    lane.adapterDropped("negative", 2);
    expect(lane.state().pending).toBe(1);
    expect(accounted()).toBe(3);
  });
});

describe("closing", () => {
  it("sends what waits", async () => {
    const { offer, lane, outlet } = openLane();
    offer(numbered(1));
    await lane.close(1000);
    expect(outlet.delivered).toEqual([1]);
    expect(outlet.closed).toBe(true);
  });

  it("ends at the deadline, with the rest counted, whatever the adapter does", async () => {
    const { offer, lane, outlet, ledger, clock, accounted } = openLane({ batch: { maxItems: 2 } });
    outlet.answer = () => new Promise(() => {});
    offer(...numbers(50).map(numbered));
    const closed = lane.close(1000);
    await clock.advance(2000);
    await closed;
    offer(numbered(99));
    expect([...ledger.dropped]).toEqual([["closed", 51]]);
    expect(accounted()).toBe(51);
    expect(clock.timers).toBe(0);
  });
});

it("knows the end of every instance, whatever the backend answers", async () => {
  const answers = fc.constantFrom<Delivery["status"] | "throw" | "hang">(
    ...(["delivered", "retry", "rejected", "too_large", "partial", "throw", "hang"] as const),
  );
  const settings = fc.record({
    queue: fc.record({ maxItems: fc.integer({ min: 1, max: 40 }) }),
    batch: fc.record({ maxItems: fc.integer({ min: 1, max: 10 }) }),
    concurrency: fc.integer({ min: 1, max: 4 }),
    whenFull: fc.constantFrom("drop_newest", "drop_oldest", "block" as const),
  });
  await fc.assert(
    fc.asyncProperty(
      settings,
      fc.array(answers, { maxLength: 30 }),
      fc.array(fc.nat(60), { maxLength: 8 }),
      async (lane, script, offers) => {
        const opened = openLane({ ...lane, timeout: "100ms", retry: { maxElapsed: "2s" } } as never);
        const left = [...script];
        opened.outlet.answer = (values) => {
          const status = left.shift() ?? "delivered";
          if (status === "throw") throw new Error("a bug");
          if (status === "hang") return new Promise(() => {});
          if (status === "partial")
            return { status, rejected: [0], retry: values.length > 1 ? [1] : [], reason: "some" };
          return { status, reason: status } as Delivery;
        };
        let offered = 0;
        for (const count of offers) {
          opened.offer(...numbers(count, offered).map(numbered));
          offered += count;
          expect(opened.accounted()).toBe(offered);
          await opened.clock.advance(150);
          expect(opened.accounted()).toBe(offered);
        }
        const closed = opened.lane.close(5000);
        await opened.clock.advance(10_000);
        await closed;
        expect(opened.lane.state().pending).toBe(0);
        expect(opened.accounted()).toBe(offered);
        expect(new Set(opened.outlet.delivered).size).toBe(opened.outlet.delivered.length);
        expect(opened.ledger.delivered).toBe(opened.outlet.delivered.length);
      },
    ),
    { numRuns: 60 },
  );
});
