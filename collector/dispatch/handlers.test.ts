import { existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { type Adapter, defineAdapter, type Host } from "../../adapters/adapter.ts";
import { fakeHost } from "../../adapters/testing/fake-host.ts";
import { type FakeOutlet, fakeOutlet, numbered } from "../../test/support/fake-outlet.ts";
import { type ManualClock, manualClock, settled } from "../../test/support/manual-clock.ts";
import { createHandlers, type HandlerSource, type Handlers } from "./handlers.ts";
import { laneConfig } from "./lane.fixture.ts";
import { createStorage } from "./storage.ts";

let directory: string;
let clock: ManualClock;
let handlers: Handlers;
/** Every outlet that was opened, by the address in its settings. */
let outlets: Map<string, FakeOutlet>;
let hosts: Host[];

const config = z.strictObject({ address: z.string() });
const sending: Adapter = defineAdapter({
  type: "sending",
  summary: "Sends.",
  accepts: ["metric"],
  config,
  async open({ address }) {
    if (address === "bad") throw new Error("no such address");
    const outlet = fakeOutlet();
    outlets.set(address, outlet);
    return outlet;
  },
}) as Adapter;
const counting: Adapter = defineAdapter({
  type: "counting",
  summary: "Counts.",
  accepts: ["metric"],
  config,
  async open(_, host) {
    hosts.push(host);
    return {
      record({ value }) {
        if (value < 0) throw new Error("negative");
      },
      async close() {},
    };
  },
}) as Adapter;

const source = (
  name: string,
  address: string,
  lane: Parameters<typeof laneConfig>[0] = {},
  adapter: Adapter = sending,
): HandlerSource => ({ name, adapter, params: { address }, lane: laneConfig(lane), instances: [] });

async function apply(...sources: HandlerSource[]) {
  const prepared = await handlers.prepare(new Map(sources.map((each) => [each.name, each])));
  await prepared.commit();
  await prepared.retire();
  return (name: string, ...values: number[]) => {
    const lane = prepared.lanes.get(name)!;
    for (const value of values) lane.offer(numbered(value));
  };
}

const status = (name: string) => handlers.status().find((handler) => handler.name === name)!;
const delivered = (address: string) => outlets.get(address)?.delivered;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "mixdown-handlers-"));
  clock = manualClock();
  outlets = new Map();
  hosts = [];
  handlers = openHandlers();
});

function openHandlers(): Handlers {
  return createHandlers({
    budgets: {
      take: () => Promise.reject(new Error("no budgets")),
      count: () => Promise.reject(new Error("no counts")),
    },
    hostFor: ({ name, instances }, dropped) =>
      fakeHost(instances, { handler: name, count: (_, { reason = "" }, count) => dropped(reason, count) }),
    events: { fault() {}, failedAttempt() {} },
    clock,
    storage: createStorage({
      directory,
      clock,
      events: { quarantined() {}, torn() {}, trouble() {}, deadLettersDropped() {}, waiting() {}, unusable() {} },
    }),
    random: () => 0.5,
    retireMs: 1000,
  });
}

afterEach(async () => {
  await handlers.close(0);
  rmSync(directory, { recursive: true });
});

describe("a reload", () => {
  it("leaves alone what is the same", async () => {
    await apply(source("a", "x"));
    const first = outlets.get("x");
    await apply(source("a", "x"), source("b", "y"));
    expect(outlets.get("x")).toBe(first);
    expect(first?.closed).toBe(false);
  });

  it("sends what waits to where it was meant for, and the rest to the new place", async () => {
    const before = await apply(source("a", "x"));
    before("a", 1, 2);
    const after = await apply(source("a", "y"));
    after("a", 3);
    await settled();
    await clock.advance(1000);
    expect([delivered("x"), delivered("y")]).toEqual([[1, 2], [3]]);
    expect(outlets.get("x")?.closed).toBe(true);
    expect(status("a").ledger).toMatchObject({ received: 3, delivered: 3 });
  });

  it("closes what policies asked only once no request can be under way, or the hub closes", async () => {
    const events: string[] = [];
    const asked = (name: string) =>
      ({
        ...counting,
        type: name,
        checks: {
          instance: "none",
          reads: () => [],
          open: async () => ({ check: () => ({ verdict: "pass" }), close: async () => void events.push(name) }),
        },
      }) as Adapter;
    await apply(source("a", "x", {}, asked("first")));
    await apply(source("a", "x", {}, asked("second")));
    await clock.advance(10_000);
    expect(events).toEqual([]);
    await clock.advance(1_000);
    expect(events).toEqual(["first"]);
    await apply();
    await settled();
    expect(events).toEqual(["first"]);
    await handlers.close(0);
    expect(events).toEqual(["first", "second"]);
    expect(clock.timers).toBe(0);
  });

  it("that fails changes nothing, and closes what it had opened", async () => {
    const offer = await apply(source("a", "x"));
    await expect(apply(source("a", "y"), source("b", "bad"))).rejects.toThrow("handler b: no such address");
    offer("a", 1);
    await clock.advance(1000);
    expect(delivered("x")).toEqual([1]);
    expect(outlets.get("y")?.closed).toBe(true);
  });

  it("gives up what is removed at the deadline, counted", async () => {
    const offer = await apply(source("a", "x"));
    outlets.get("x")!.answer = () => ({ status: "retry", reason: "down" });
    offer("a", 1, 2);
    await apply(source("a", "y"));
    expect(status("a").state.pending).toBe(2);
    await clock.advance(3000);
    expect(status("a").state.pending).toBe(0);
    expect([...status("a").ledger.dropped]).toEqual([["closed", 2]]);
  });
});

describe("the ledger", () => {
  it("says of how many records a handler was sent nothing", async () => {
    handlers.took(5);
    const prepared = await handlers.prepare(new Map([["a", source("a", "x")]]));
    await prepared.commit();
    handlers.took(10);
    for (let i = 0; i < 3; i++) prepared.lanes.get("a")!.record();
    expect(status("a").filtered).toBe(7);
  });

  it("counts what an adapter that aggregates drops by itself, and what it throws over", async () => {
    const offer = await apply(source("p", "", {}, counting));
    offer("p", 1, 2, -1);
    hosts[0]?.count("dropped", { metric: "m", reason: "labels" }, 1);
    const { ledger } = status("p");
    expect([ledger.received, ledger.delivered, Object.fromEntries(ledger.dropped)]).toEqual([
      ...[3, 1],
      { adapter_fault: 1, labels: 1 },
    ]);
  });
});

describe("durable handlers", () => {
  const durable = { durable: true, batch: { maxItems: 2 } } as const;

  it("deliver by way of the log, and acknowledge it", async () => {
    const offer = await apply(source("a", "x", durable));
    offer("a", 1, 2, 3, 4);
    expect(handlers.kept()).toBeInstanceOf(Promise);
    await handlers.kept();
    await expect.poll(() => delivered("x")).toEqual([1, 2, 3, 4]);
    expect(status("a").state.pending).toBe(0);
  });

  it("wait for others only until there is more than one batch can hold", async () => {
    const offer = await apply(source("a", "x", { durable: true, batch: { maxBytes: 1000 } }));
    const values = Array.from({ length: 100 }, (_, i) => i);
    offer("a", ...values);
    await handlers.kept();
    await clock.advance(1000);
    await expect.poll(() => delivered("x")).toEqual(values);
  });

  it("keep what waits over a restart", async () => {
    const offer = await apply(source("a", "x", durable));
    outlets.get("x")!.answer = () => ({ status: "retry", reason: "down" });
    offer("a", 1, 2, 3);
    await handlers.kept();
    const closed = handlers.close(1000);
    await clock.advance(2000);
    await closed;
    handlers = openHandlers();
    await apply(source("a", "x", durable));
    expect(status("a").ledger).toMatchObject({ received: 0, recovered: 3 });
    await expect.poll(() => clock.advance(1000).then(() => delivered("x"))).toEqual([1, 2, 3]);
  });

  it("name what they deliver, each time alike", async () => {
    const offer = await apply(source("a", "x", durable));
    const first = outlets.get("x")!;
    first.answer = () => ({ status: "retry", reason: "down" });
    offer("a", 1, 1);
    await expect.poll(() => first.ids.length).toBe(2);
    const closed = handlers.close(1000);
    await clock.advance(2000);
    await closed;
    handlers = openHandlers();
    await apply(source("a", "x", durable));
    await expect.poll(() => clock.advance(1000).then(() => outlets.get("x")!.ids)).toEqual(first.ids.slice(0, 2));
    expect(new Set(first.ids).size).toBe(2);
    expect(first.ids).not.toContain(undefined);
  });

  it("leave what waits on disk at once when the hub stops while their backend is down", async () => {
    const offer = await apply(source("a", "x", { ...durable, retry: { initial: "1ms", max: "1ms" } }));
    outlets.get("x")!.answer = () => ({ status: "retry", reason: "down" });
    offer("a", 1, 2);
    await handlers.kept();
    await expect.poll(() => clock.advance(10).then(() => status("a").state.breaker)).toBe("open");
    const nowMs = clock.now();
    await handlers.close(30_000);
    expect(clock.now()).toBe(nowMs);
  });

  it("hand their log to the lane that takes over at a reload", async () => {
    const before = await apply(source("a", "x", durable));
    outlets.get("x")!.answer = () => ({ status: "retry", reason: "down" });
    before("a", 1, 2, 3);
    await handlers.kept();
    const after = await apply(source("a", "y", durable));
    after("a", 4);
    await expect.poll(() => clock.advance(1000).then(() => delivered("y"))).toEqual([1, 2, 3, 4]);
    expect(status("a").ledger).toMatchObject({ received: 4, recovered: 0, delivered: 4 });
    expect(status("a").state.pending).toBe(0);
  });

  it("set aside what is refused for good", async () => {
    const offer = await apply(source("a", "x", durable));
    outlets.get("x")!.answer = (values) =>
      values.includes(2) ? { status: "partial", rejected: [values.indexOf(2)], reason: "no" } : { status: "delivered" };
    offer("a", 1, 2);
    await expect.poll(() => status("a").ledger.deadLettered).toBe(1);
    expect(delivered("x")).toEqual([1]);
  });
});

describe("dead letters", () => {
  it.each([false, true])("are sent again when they are set down for replay, durable: %s", async (durable) => {
    const lane = { durable, batch: { maxItems: 1 } };
    const offer = await apply(source("a", "x", lane));
    outlets.get("x")!.answer = () => ({ status: "rejected", reason: "no" });
    offer("a", 7);
    await expect.poll(() => clock.advance(0).then(() => status("a").ledger.deadLettered)).toBe(1);
    await handlers.close(0);
    renameSync(join(directory, "a", "dead"), join(directory, "a", "replay"));
    handlers = openHandlers();
    await apply(source("a", "x", lane));
    await expect.poll(() => clock.advance(5000).then(() => delivered("x"))).toEqual([7]);
    expect(status("a").ledger).toMatchObject({ recovered: 1, delivered: 1 });
    expect(existsSync(join(directory, "a", "replay", "00000000000000000001.seg"))).toBe(false);
  });
});
