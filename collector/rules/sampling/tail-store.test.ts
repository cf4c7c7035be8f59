import { beforeEach, describe, expect, it } from "vitest";
import type { LooseSpan, SpanSurroundings } from "../../../schemas/model/span.ts";
import { thresholdOf } from "../../../schemas/model/trace-state.ts";
import { manualClock } from "../../../test/support/manual-clock.ts";
import { expression } from "../rules.fixture.ts";
import { blockBytes } from "./block-store.ts";
import { SamplingCounts } from "./counts.ts";
import type { KeepRule, TailSettings } from "./keep-rule.ts";
import { TailStore } from "./tail-store.ts";
import { traceBytes, WaitingTrace } from "./waiting-trace.ts";

const rule = (name: string, rest: Partial<KeepRule> = {}): KeepRule => ({
  ...{ name, when: undefined, minDurationMs: undefined, minSpans: undefined, rate: 1, perService: undefined },
  ...rest,
});
const when = expression("true");
const errors = rule("errors", { when });
const rest = rule("rest", { rate: 0.5 });
const settings: TailSettings = {
  ...{ quietMs: 10_000, quietAfterRootMs: undefined, longestMs: 60_000, maxBytes: 1e6, remember: 100 },
  keep: [errors, rest],
};
const around: SpanSurroundings = { resource: new Uint8Array(100), scope: new Uint8Array(10) };

let clock: ReturnType<typeof manualClock>;
let counts: SamplingCounts;
let sent: { name: string; threshold: string | undefined }[];
let store: TailStore;

/** A store whose spans are texts. */
function open(over: Partial<TailSettings> = {}): void {
  clock = manualClock();
  counts = new SamplingCounts();
  sent = [];
  store = new TailStore({
    ...{ settings: { ...settings, ...over }, clock, counts },
    wrap: (_, scopes) => {
      sent.push(...scopes.flatMap(({ spans }) => spans.map(toSent)));
      return [];
    },
    send: () => {},
  });
}

const toSent = ({ bytes, threshold }: LooseSpan) => ({
  name: Buffer.from(bytes).toString().replace(/\.+$/, ""),
  threshold,
});
const names = () => sent.map(({ name }) => name);
/** An id that passes, or fails, a rate of a half. */
const id = (n: number, passes = false) => n.toString(16).padStart(18, "0") + (passes ? "f" : "0").padEnd(14, "0");

interface Given {
  readonly matched?: number;
  readonly startMs?: number;
  readonly endMs?: number;
  readonly isRoot?: boolean;
  readonly randomness?: string;
}

/** One span of a trace comes in. */
function come(trace: string, name: string, { matched = 0, ...given }: Given = {}): void {
  const found = store.find(trace);
  const span = {
    startMs: undefined,
    endMs: undefined,
    isRoot: false,
    service: "shop",
    weight: 1,
    randomness: undefined,
  };
  if (found instanceof WaitingTrace) store.note(found, { ...span, ...given }, matched);
  store.take(found, around, Buffer.from(name));
  store.flush();
}

beforeEach(() => open());

describe("a trace", () => {
  it("is kept whole as soon as a span makes that certain, and its further spans pass", () => {
    come(id(1), "a");
    come(id(1), "b");
    expect(sent).toEqual([]);
    come(id(1), "c", { matched: 1 });
    expect(names()).toEqual(["a", "b", "c"]);
    come(id(1), "d");
    expect(names()).toEqual(["a", "b", "c", "d"]);
    expect(counts.decisions).toEqual([{ rule: "errors", cause: "certain", kept: true, traces: 1 }]);
    expect([counts.kept, counts.leftOut, counts.lateKept]).toEqual([new Map([["errors", 4]]), new Map(), 0]);
    expect([store.bytes, store.spans, store.traces]).toEqual([0, 0, 0]);
  });

  it("is decided when none of its spans has come for a while, and says at what rate it was kept", async () => {
    come(id(1, true), "a");
    come(id(2), "b");
    await clock.advance(9_000);
    come(id(1, true), "c");
    await clock.advance(9_000);
    expect([store.traces, sent]).toEqual([1, []]);
    await clock.advance(1_100);
    expect(sent).toEqual([
      { name: "a", threshold: "80000000000000" },
      { name: "c", threshold: "80000000000000" },
    ]);
    expect(counts.leftOut).toEqual(new Map([["rest", 1]]));
    expect(counts.decisions.map(({ cause, kept }) => [cause, kept])).toEqual([
      ["quiet", false],
      ["quiet", true],
    ]);
  });

  it("is decided sooner once its root has come, if it is told to be", async () => {
    open({ quietAfterRootMs: 2_000 });
    come(id(1), "a");
    come(id(2), "b", { isRoot: true });
    come(id(2), "c");
    await clock.advance(2_200);
    expect(store.traces).toBe(1);
  });

  it("is decided after the longest time, whatever comes", async () => {
    for (let s = 0; s < 61; s++) {
      come(id(1), `${s}`);
      await clock.advance(1_000);
    }
    expect(counts.decisions).toEqual([{ rule: "rest", cause: "longest", kept: false, traces: 1 }]);
  });

  it("goes by the randomness that one of its spans states", async () => {
    come(id(1), "a");
    come(id(1), "b", { randomness: "ffffffffffffff" });
    await clock.advance(10_200);
    expect(names()).toEqual(["a", "b"]);
  });

  it("is left out where no rule fits", async () => {
    open({ keep: [errors] });
    come(id(1, true), "a");
    await clock.advance(10_200);
    expect([counts.leftOut, counts.decisions[0]?.rule]).toEqual([new Map([["none", 1]]), "none"]);
  });
});

describe("late spans", () => {
  it("follow the decision, with the rate of their trace, and are counted", async () => {
    come(id(1, true), "a");
    come(id(2), "b");
    await clock.advance(10_200);
    come(id(1, true), "late");
    come(id(2), "too late", { matched: 1 });
    expect(sent).toEqual([
      { name: "a", threshold: "80000000000000" },
      { name: "late", threshold: "80000000000000" },
    ]);
    expect([counts.lateKept, counts.lateLeftOut]).toEqual([1, 1]);
    expect([counts.kept, counts.leftOut]).toEqual([new Map([["rest", 2]]), new Map([["rest", 2]])]);
  });

  it("are a new trace once the decision is forgotten", async () => {
    open({ remember: 2 });
    for (let n = 0; n < 6; n++) come(id(n), "x");
    await clock.advance(10_200);
    come(id(0), "y", { matched: 1 });
    come(id(5), "z", { matched: 1 });
    expect(names()).toEqual(["y"]);
  });
});

describe("the first rule that fits decides", () => {
  const health = rule("health", { when, rate: 0 });

  it("in whatever order spans come", async () => {
    open({ keep: [health, errors, rest] });
    come(id(1, true), "error", { matched: 2 });
    come(id(1, true), "health", { matched: 1 });
    come(id(2, true), "error", { matched: 2 });
    expect(sent).toEqual([]);
    await clock.advance(10_200);
    expect(names()).toEqual(["error"]);
    expect(counts.decisions.map(({ rule, cause }) => [rule, cause])).toEqual([
      ["health", "certain"],
      ["errors", "quiet"],
    ]);
  });

  it("by how long the trace is, or how many spans it has", () => {
    open({ keep: [rule("slow", { minDurationMs: 2_000 }), rule("large", { minSpans: 3 }), rest] });
    come(id(1), "a", { startMs: 1_000, endMs: 1_500 });
    come(id(1), "b", { startMs: 500, endMs: 2_400 });
    expect(sent).toEqual([]);
    come(id(1), "c", { startMs: 600, endMs: 2_500 });
    for (const name of ["x", "y", "z"]) come(id(2), name);
    expect(counts.decisions.map(({ rule }) => rule)).toEqual(["slow", "large"]);
    expect(names()).toEqual(["a", "b", "c", "x", "y", "z"]);
  });

  it("at once where it is the first of all", () => {
    open({ keep: [rest] });
    come(id(1, true), "a");
    come(id(2), "b");
    expect([sent, store.traces]).toEqual([[{ name: "a", threshold: "80000000000000" }], 0]);
  });

  it("by so many of each service", async () => {
    open({ keep: [rule("each", { perService: { count: 10, windowMs: 1_000 } })], remember: 10_000 });
    for (let n = 0; n < 4_000; n++) {
      const randomness = Math.floor(((n * 0.618_033_988_7) % 1) * 2 ** 52)
        .toString(16)
        .padStart(13, "0")
        .padEnd(14, "0");
      if (n % 400 === 0) await clock.advance(1_000);
      if (n === 2_000) sent = [];
      come(id(n), "x", { randomness });
    }
    expect(sent.length).toBeGreaterThan(30);
    expect(sent.length).toBeLessThan(80);
    expect(sent.at(-1)?.threshold).toBe(thresholdOf(0.025));
  });
});

describe("memory", () => {
  const big = ".".repeat(10_000);

  it("stays within its limit: the oldest trace is decided at once", () => {
    open({ maxBytes: 100_000 });
    for (let n = 0; n < 30; n++) {
      come(id(n, n % 2 === 0), `${n}${big}`);
      expect(store.bytes).toBeLessThanOrEqual(100_000);
    }
    expect(store.traces).toBeGreaterThan(5);
    expect(names().slice(0, 3)).toEqual(["0", "2", "4"]);
    const [decision] = counts.decisions;
    expect(decision).toMatchObject({ rule: "rest", cause: "memory" });
    come(id(0, true), "late");
    expect(names().at(-1)).toBe("late");
  });

  it("decides a trace that is larger than all of it", () => {
    open({ maxBytes: 20_000 });
    come(id(1, true), `a${big}`);
    come(id(1, true), `b${big}`);
    expect([names(), store.bytes]).toEqual([["a", "b"], 0]);
    expect([...counts.kept.values()]).toEqual([2]);
  });

  it("counts what stands around spans once, and all objects", () => {
    come(id(1), "a");
    const one = store.bytes;
    expect(one).toBe(traceBytes + blockBytes + 2 * 512 + 2 * (100 + 10));
    come(id(2), "a");
    expect(store.bytes - one).toBe(traceBytes + blockBytes);
  });
});

it("decides all that waits when it closes, and sets no more timers", () => {
  come(id(1, true), "a");
  come(id(2), "b");
  store.close("closed");
  expect(names()).toEqual(["a"]);
  expect(counts.decisions.map(({ cause }) => cause)).toEqual(["closed", "closed"]);
  expect([store.bytes, clock.timers]).toEqual([0, 0]);
});
