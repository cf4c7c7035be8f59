import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Cluster } from "./cluster.ts";
import { type FakeCluster, type Fault, fakeCluster } from "./fake-cluster.fixture.ts";
import type { OutgoingRecord } from "./partition-queue.ts";
import { Producer } from "./producer.ts";

let nextId = 0;

function aRecord(parts: Partial<Omit<OutgoingRecord, "key">> & { key?: string | null } = {}): OutgoingRecord {
  const { key = null, ...rest } = parts;
  return {
    index: 0,
    id: `r${nextId++}`,
    topic: "audit",
    value: Buffer.from("{}"),
    headers: {},
    timestampMs: 1_700_000_000_000,
    bytes: 100,
    ...rest,
    key: key === null ? null : Buffer.from(key),
  };
}

const someRecords = (count: number, key?: (i: number) => string) =>
  Array.from({ length: count }, (_, index) => aRecord({ index, ...(key === undefined ? {} : { key: key(index) }) }));

function setUp({ nodes = 1, partitions = 1, idempotent = true, maxBytes = 1_000_000 } = {}) {
  const brokers = fakeCluster(nodes);
  brokers.addTopic("audit", partitions);
  const clock = { nowMs: 0 };
  const seeds = [
    { host: "broker-1", port: 9092 },
    { host: "broker-2", port: 9092 },
  ].slice(0, nodes);
  const cluster = new Cluster(seeds, brokers.connect, () => clock.nowMs);
  return { brokers, clock, producer: new Producer({ cluster, idempotent, maxBytes }) };
}

const idsIn = (brokers: FakeCluster, topic = "audit") =>
  brokers.stored(topic).map((record) => (record as OutgoingRecord).id);
const idsOf = (records: readonly OutgoingRecord[]) => records.map(({ id }) => id);

/** Faults for the batches that come, one after the other; then none. */
function faults(brokers: FakeCluster, ...list: (Fault | undefined)[]): void {
  brokers.faultFor = () => list.shift();
}

describe("sending", () => {
  it("stores the records of a partition in order, in one request to each leader", async () => {
    const { brokers, producer } = setUp({ nodes: 2, partitions: 4 });
    const records = someRecords(40, (i) => `k${i % 10}`);
    expect(await producer.send(records)).toEqual({ setbacks: [], throttleMs: 0 });
    expect(brokers.produced).toHaveLength(2);
    expect(new Set(idsIn(brokers))).toEqual(new Set(idsOf(records)));
    for (const { log } of brokers.topics.get("audit")!) {
      const indexes = log.map((record) => (record as OutgoingRecord).index);
      expect(indexes).toEqual(indexes.toSorted((a, b) => a - b));
    }
  });

  it("keeps what has no key together, in one partition per batch", async () => {
    const { brokers, producer } = setUp({ partitions: 4 });
    await producer.send(someRecords(10));
    expect(brokers.produced).toMatchObject([[{ topic: "audit" }]]);
    for (let i = 0; i < 20; i++) await producer.send(someRecords(2));
    expect(brokers.topics.get("audit")!.filter(({ log }) => log.length > 0).length).toBeGreaterThan(1);
  });

  it("avoids partitions without a leader, but for keys that belong there", async () => {
    const { brokers, producer } = setUp({ partitions: 2 });
    brokers.topics.get("audit")![0]!.leader = -1;
    expect(await producer.send(someRecords(3))).toMatchObject({ setbacks: [] });
    const { setbacks } = await producer.send(someRecords(20, (i) => `k${i}`));
    expect(setbacks).toMatchObject([{ final: false, reason: "audit: LEADER_NOT_AVAILABLE (5)" }]);
    expect(setbacks[0]!.records.length + brokers.stored("audit").length).toBe(23);
    brokers.topics.get("audit")![0]!.leader = 1;
    expect(await producer.send(setbacks[0]!.records)).toMatchObject({ setbacks: [] });
  });

  it("cuts what is more than a broker takes at once, in order", async () => {
    const { brokers, producer } = setUp({ maxBytes: 250 });
    const records = someRecords(5);
    await producer.send(records);
    expect(brokers.produced.map(([batch]) => batch!.records.length)).toEqual([2, 2, 1]);
    expect(idsIn(brokers)).toEqual(idsOf(records));
  });

  it("asks about topics once in five minutes", async () => {
    const { brokers, clock, producer } = setUp();
    await producer.send(someRecords(1));
    await producer.send(someRecords(1));
    expect(brokers.asked).toEqual([["audit"]]);
    clock.nowMs += 300_000;
    await producer.send(someRecords(1));
    expect(brokers.asked).toHaveLength(2);
  });

  it("says how long the brokers want to be left alone", async () => {
    const { brokers, producer } = setUp();
    brokers.throttleMs = 700;
    expect(await producer.send(someRecords(1))).toEqual({ setbacks: [], throttleMs: 700 });
  });
});

describe("an error code", () => {
  it("of one partition concerns its records only", async () => {
    const { brokers, producer } = setUp({ partitions: 3 });
    brokers.faultFor = ({ partition }) => (partition === 1 ? 19 : undefined);
    const records = someRecords(30, (i) => `k${i}`);
    const { setbacks } = await producer.send(records);
    expect(setbacks).toMatchObject([
      { code: 19, final: false, mend: false, reason: "audit: NOT_ENOUGH_REPLICAS (19)" },
    ]);
    expect([...idsIn(brokers), ...idsOf(setbacks[0]!.records)].sort()).toEqual(idsOf(records).sort());
  });

  it("of a leader that has moved makes it ask again", async () => {
    const { brokers, producer } = setUp({ nodes: 2 });
    await producer.send(someRecords(1));
    brokers.topics.get("audit")![0]!.leader = 2;
    const records = someRecords(2);
    expect((await producer.send(records)).setbacks).toMatchObject([{ code: 6, final: false }]);
    expect((await producer.send(records)).setbacks).toEqual([]);
    expect(brokers.stored("audit")).toHaveLength(3);
  });

  it.each([10, 18, 32, 87])("%i is put down to the records at fault, the rest is stored", async (code) => {
    const { brokers, producer } = setUp();
    const records = someRecords(7);
    const bad = new Set([records[2]!.id, records[5]!.id]);
    brokers.faultFor = ({ records }) => (records.some((r) => bad.has((r as OutgoingRecord).id)) ? code : undefined);
    const { setbacks } = await producer.send(records);
    expect(setbacks.flatMap((setback) => idsOf(setback.records))).toEqual([...bad]);
    expect(setbacks.every((setback) => setback.final)).toBe(true);
    expect(idsIn(brokers)).toEqual(idsOf(records.filter(({ id }) => !bad.has(id))));
  });

  it.each([17, 43, 44, 76])("%i refuses the batch for good", async (code) => {
    const { brokers, producer } = setUp();
    faults(brokers, code);
    const { setbacks } = await producer.send(someRecords(3));
    expect(setbacks).toMatchObject([{ code, final: true, records: [{}, {}, {}] }]);
  });

  it.each([21, 29, 31, 42, 53])("%i asks for a person, and the records wait", async (code) => {
    const { brokers, producer } = setUp();
    faults(brokers, code);
    expect((await producer.send(someRecords(3))).setbacks).toMatchObject([{ code, final: false, mend: true }]);
  });

  it.each([45, 47, 49, 59, 90])("%i makes it ask for another identity", async (code) => {
    const { brokers, producer } = setUp();
    faults(brokers, undefined, code);
    await producer.send(someRecords(3));
    const records = someRecords(3);
    expect((await producer.send(records)).setbacks).toMatchObject([{ code, final: false, mend: false }]);
    expect((await producer.send(records)).setbacks).toEqual([]);
    expect([brokers.identities, brokers.stored("audit").length]).toEqual([2, 6]);
  });

  it("46 says that the records are stored", async () => {
    const { brokers, producer } = setUp();
    faults(brokers, { storedBut: 46 });
    expect((await producer.send(someRecords(3))).setbacks).toEqual([]);
    await producer.send(someRecords(3));
    expect(brokers.stored("audit")).toHaveLength(6);
  });

  it("that is not known is tried again", async () => {
    const { brokers, producer } = setUp();
    faults(brokers, 4711);
    expect((await producer.send(someRecords(1))).setbacks).toMatchObject([
      { final: false, reason: "audit: an error that is not known here (4711)" },
    ]);
  });

  it("of a topic that there is not names it and the remedy, and does not hold up others", async () => {
    const { brokers, producer } = setUp();
    const { setbacks } = await producer.send([aRecord({ topic: "nope" }), aRecord()]);
    expect(setbacks).toMatchObject([{ records: [{ topic: "nope" }], code: 3, final: false }]);
    expect(setbacks[0]!.reason).toMatch(/^nope: UNKNOWN_TOPIC_OR_PARTITION \(3\); create the topic/);
    brokers.addTopic("nope", 1);
    expect((await producer.send([aRecord({ topic: "nope" })])).setbacks).toEqual([]);
  });

  it("for who asks for an identity says what is missing", async () => {
    const { brokers, producer } = setUp();
    brokers.initCode = 31;
    const { setbacks } = await producer.send(someRecords(2));
    expect(setbacks).toMatchObject([{ records: [{}, {}], mend: true, final: false }]);
    expect(setbacks[0]!.reason).toContain("IDEMPOTENT_WRITE");
  });
});

describe("brokers that cannot be reached", () => {
  it("are a reason to try again, each named", async () => {
    const { brokers, producer } = setUp({ nodes: 2 });
    brokers.down = Object.assign(new Error("connect ECONNREFUSED"), { broker: "broker-1:9092" });
    const { setbacks } = await producer.send(someRecords(2));
    expect(setbacks).toMatchObject([{ records: [{}, {}], final: false, mend: false }]);
    expect(setbacks[0]!.reason).toContain("broker-1:9092: connect ECONNREFUSED");
    brokers.down = undefined;
    expect((await producer.send(someRecords(2))).setbacks).toEqual([]);
  });

  it("leave no connection behind", async () => {
    const { brokers, producer } = setUp({ nodes: 2, partitions: 2 });
    faults(brokers, "lost", "lost", undefined, undefined);
    const records = someRecords(10, (i) => `k${i}`);
    await producer.send(records);
    await producer.send(records);
    producer.destroy();
    expect(brokers.open).toBe(0);
  });
});

describe("repetitions", () => {
  it("of a batch that is perhaps stored are dropped by the broker", async () => {
    const { brokers, producer } = setUp();
    const records = someRecords(3);
    faults(brokers, "stored and lost");
    expect((await producer.send(records)).setbacks).toMatchObject([{ final: false }]);
    expect((await producer.send(records)).setbacks).toEqual([]);
    expect(idsIn(brokers)).toEqual(idsOf(records));
  });

  it("never swallow other records in the place of a batch that is perhaps stored", async () => {
    const { brokers, producer } = setUp();
    faults(brokers, { storedBut: 20 });
    const [first, second] = [someRecords(3), someRecords(3)];
    await producer.send(first);
    expect((await producer.send(second)).setbacks).toEqual([]);
    expect(idsIn(brokers)).toEqual([...idsOf(first), ...idsOf(second)]);
  });

  it("cost nothing but repetitions, whatever goes wrong: nothing is lost, and keys stay in order", async () => {
    const fault = fc.constantFrom<Fault | undefined>(
      undefined,
      undefined,
      undefined,
      "lost",
      "stored and lost",
      { storedBut: 7 },
      { storedBut: 20 },
      { storedBut: 46 },
      6,
      7,
      19,
      45,
      59,
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fault, { maxLength: 60 }),
        fc.array(fc.record({ size: fc.integer({ min: 1, max: 6 }), patience: fc.integer({ min: 1, max: 9 }) }), {
          minLength: 1,
          maxLength: 8,
        }),
        fc.boolean(),
        async (plan, batches, idempotent) => {
          const { brokers, producer } = setUp({ nodes: 2, partitions: 3, idempotent, maxBytes: 250 });
          faults(brokers, ...plan);
          const mustBeThere = new Set<string>();
          for (const { size, patience } of batches) {
            let rest: readonly OutgoingRecord[] = someRecords(size, (i) => `k${i % 3}`);
            for (let attempt = 0; attempt < patience && rest.length > 0; attempt++) {
              const failed = (await producer.send(rest)).setbacks.flatMap(({ records }) => records);
              for (const { id } of rest) if (!failed.some((record) => record.id === id)) mustBeThere.add(id);
              rest = rest.filter(({ id }) => failed.some((record) => record.id === id));
            }
          }
          for (const { log } of brokers.topics.get("audit")!) {
            const firsts = [...new Set(log.map((record) => (record as OutgoingRecord).id))];
            const numbers = firsts.filter((id) => mustBeThere.has(id)).map((id) => Number(id.slice(1)));
            expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
            for (const id of firsts) mustBeThere.delete(id);
          }
          expect([...mustBeThere]).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });
});
