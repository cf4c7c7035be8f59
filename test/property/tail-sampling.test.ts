import { createHash } from "node:crypto";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expression } from "../../collector/rules/rules.fixture.ts";
import type { KeepRule, TailSettings } from "../../collector/rules/sampling/keep-rule.ts";
import { type Span, TracesDataSchema } from "../../schemas/gen/opentelemetry/proto/trace/v1/trace_pb.js";
import { countAt, readOtState } from "../../schemas/model/trace-state.ts";
import { aRequest, aSpan } from "../support/otlp-span.ts";
import { openSpanPath, type SpanPath } from "../support/span-path.ts";
import { arbitraryTraces, spansIn } from "./arbitrary-traces.ts";

const rule = (name: string, rest: Partial<KeepRule>): KeepRule => ({
  ...{ name, when: undefined, minDurationMs: undefined, minSpans: undefined, rate: 1, perService: undefined },
  ...rest,
});
const ample: TailSettings = {
  ...{ quietMs: 10_000, quietAfterRootMs: undefined, longestMs: 60_000, maxBytes: 1e9, remember: 1e6 },
  keep: [],
};

/** Ids whose random bits fall evenly. */
const traceIdOf = (n: number) => createHash("sha256").update(String(n)).digest().subarray(0, 16);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** One span as the test knows it. */
interface Given {
  readonly trace: number;
  readonly code: number;
  readonly startMs: number;
  readonly lastsMs: number;
  readonly isRoot: boolean;
  readonly padding: number;
}

function toSpan({ trace, code, startMs, lastsMs, isRoot, padding }: Given, n: number): Span {
  const spanId = new Uint8Array(8);
  new DataView(spanId.buffer).setUint32(0, n + 1);
  const start = 1_795_345_979_000_000_000n + BigInt(startMs) * 1_000_000n;
  return aSpan(
    1,
    { "http.status_code": code, padding: "x".repeat(padding) },
    {
      ...{ traceId: traceIdOf(trace), spanId, startTimeUnixNano: start },
      endTimeUnixNano: start + BigInt(lastsMs) * 1_000_000n,
      parentSpanId: new Uint8Array(isRoot ? 0 : 8).fill(1),
    },
  );
}

/** Spans of several traces, mixed as they come. */
const spans = fc.array(
  fc.record({
    trace: fc.nat(12),
    code: fc.constantFrom(200, 200, 200, 404, 503),
    startMs: fc.nat(1000),
    lastsMs: fc.nat(1500),
    isRoot: fc.boolean(),
    padding: fc.nat(900),
  }),
  { minLength: 1, maxLength: 60 },
);

/** Requests of some spans each, and how long it takes until the next. */
const cuts = fc.array(fc.record({ size: fc.integer({ min: 1, max: 9 }), waitMs: fc.nat(4000) }), {
  minLength: 1,
  maxLength: 12,
});

const conditions = fc.record({
  when: fc.constantFrom(undefined, expression("response.code >= 500"), expression("response.code == 404")),
  minDurationMs: fc.constantFrom(undefined, undefined, 1200),
  minSpans: fc.constantFrom(undefined, undefined, 4),
  rate: fc.constantFrom(1, 1, 0, 0.3),
});
const keepRules = fc
  .array(conditions, { minLength: 1, maxLength: 4 })
  .map((all) => all.map((each, i) => rule(`r${i}`, each)));

/** Sends all spans, checking the limit on the way. */
async function send(
  path: SpanPath,
  given: readonly Given[],
  pattern: readonly { size: number; waitMs: number }[],
  maxBytes: number,
) {
  for (let at = 0, turn = 0; at < given.length; turn++) {
    const { size, waitMs } = pattern[turn % pattern.length]!;
    const request = aRequest(given.slice(at, at + size).map((span, i) => toSpan(span, at + i)));
    path.report(request);
    request.fill(0); // What waits is no part of the request.
    expect(path.way.store!.bytes).toBeLessThanOrEqual(maxBytes);
    at += size;
    await path.clock.advance(waitMs);
  }
}

const sum = (counts: ReadonlyMap<string, number>) => [...counts.values()].reduce((all, each) => all + each, 0);

/** What the rules say of a whole trace: whether it is kept, at least and at most. */
function outcome(keep: readonly KeepRule[], trace: readonly Given[]): number {
  const startMs = Math.min(...trace.map((span) => span.startMs));
  const endMs = Math.max(...trace.map((span) => span.startMs + span.lastsMs));
  const matches = (text: string | undefined) =>
    text === undefined || trace.some(({ code }) => (text.endsWith("404") ? code === 404 : code >= 500));
  const fits = (each: KeepRule) =>
    matches(each.when?.text) && endMs - startMs >= (each.minDurationMs ?? 0) && trace.length >= (each.minSpans ?? 0);
  return keep.find(fits)?.rate ?? 0;
}

describe("traces of any spans, in any order, cut into requests in any way", () => {
  it("are kept or left out whole, within any limits, and every span is counted", async () => {
    const limits = fc.record({
      maxBytes: fc.integer({ min: 1000, max: 60_000 }),
      quietMs: fc.integer({ min: 100, max: 8000 }),
      quietAfterRootMs: fc.constantFrom(undefined, 50),
      longestMs: fc.integer({ min: 1000, max: 20_000 }),
    });
    await fc.assert(
      fc.asyncProperty(spans, cuts, keepRules, limits, async (given, pattern, keep, within) => {
        const path = openSpanPath({ tail: { ...ample, ...within, keep } });
        await send(path, given, pattern, within.maxBytes);
        path.close();
        const sent = path.sent();
        const { counts, store } = path.way;
        expect([store!.spans, store!.traces, store!.bytes]).toEqual([0, 0, 0]);
        expect([sum(counts.kept), sum(counts.kept) + sum(counts.leftOut)]).toEqual([sent.length, given.length]);
        expect(counts.decisions.reduce((all, { traces }) => all + traces, 0)).toBe(
          new Set(given.map(({ trace }) => trace)).size,
        );
        const found = Map.groupBy(sent, ({ traceId }) => hex(traceId));
        for (const [trace, all] of Map.groupBy(given, (each) => each.trace)) {
          const kept = found.get(hex(traceIdOf(trace)));
          if (kept === undefined) continue;
          expect(kept).toHaveLength(all.length);
          expect(new Set(kept.map(({ traceState }) => traceState)).size).toBe(1);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("go by the first rule that fits the whole trace, wherever there is time and room", async () => {
    await fc.assert(
      fc.asyncProperty(spans, cuts, keepRules, async (given, pattern, keep) => {
        const path = openSpanPath({ tail: { ...ample, quietMs: 1e6, longestMs: 1e6, keep } });
        await send(path, given, pattern, ample.maxBytes);
        path.close();
        const found = Map.groupBy(path.sent(), ({ traceId }) => hex(traceId));
        for (const [trace, all] of Map.groupBy(given, (each) => each.trace)) {
          const id = hex(traceIdOf(trace));
          const rate = outcome(keep, all);
          const passes = rate === 1 || (rate > 0 && id.slice(-14) >= "b3333333333334");
          expect(found.get(id)?.length ?? 0).toBe(passes ? all.length : 0);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("are counted to the last span where decisions are forgotten", async () => {
    await fc.assert(
      fc.asyncProperty(spans, cuts, keepRules, async (given, pattern, keep) => {
        const path = openSpanPath({ tail: { ...ample, quietMs: 500, maxBytes: 5000, remember: 1, keep } });
        await send(path, given, pattern, 5000);
        path.close();
        const { counts } = path.way;
        expect([sum(counts.kept), sum(counts.kept) + sum(counts.leftOut)]).toEqual([path.sent().length, given.length]);
      }),
      { numRuns: 60 },
    );
  });
});

it("what waited comes out as it came in, each span with its resource and scope, unknown fields included", () => {
  const waiting = [rule("large", { minSpans: 1e6, rate: 0 }), rule("all", {})];
  fc.assert(
    fc.property(fc.array(arbitraryTraces, { minLength: 1, maxLength: 3 }), (requests) => {
      const path = openSpanPath({ tail: { ...ample, keep: waiting } });
      const all = requests.flatMap(({ resourceSpans }) => resourceSpans.flatMap(({ scopeSpans }) => scopeSpans));
      // Few traces, so that each has spans of several resources and scopes.
      for (const [n, span] of all.flatMap(({ spans }) => spans).entries()) span.traceId = traceIdOf(n % 2);
      for (const data of requests) path.report(toBinary(TracesDataSchema, data));
      const expected = requests.flatMap(spansIn);
      expect([path.pieces(), path.way.store!.spans]).toEqual([[], expected.length]);
      path.close();
      const sent = fromBinary(TracesDataSchema, Buffer.concat(path.pieces().map(({ bytes }) => bytes)));
      expect(spansIn(sent).sort()).toEqual(expected.sort());
      expect(path.way.store!.bytes).toBe(0);
    }),
    { numRuns: 150 },
  );
});

/** Spans weigh as many as there were, within four standard deviations. */
function expectToStandFor(kept: readonly Span[], count: number): void {
  const weights = kept.map(({ traceState }) => countAt(readOtState(traceState).threshold ?? "00000000000000"));
  const [total, variance] = [weights.reduce((a, b) => a + b, 0), weights.reduce((a, b) => a + b * (b - 1), 0)];
  expect(Math.abs(total - count)).toBeLessThan(4 * Math.sqrt(variance));
}

describe("what is kept stands for all there was", () => {
  it.each<[string, readonly KeepRule[]]>([
    ["at a rate", [rule("rest", { rate: 0.1 })]],
    ["with errors kept", [rule("errors", { when: expression("response.code >= 500") }), rule("rest", { rate: 0.05 })]],
    ["at several rates", [rule("slow", { minDurationMs: 900, rate: 0.5 }), rule("rest", { rate: 0.05 })]],
    ["so many of each service", [rule("each", { perService: { count: 100, windowMs: 1000 } })]],
  ])("%s", async (_, keep) => {
    const path = openSpanPath({ tail: { ...ample, maxBytes: 200_000, keep } });
    const traces = 12_000;
    for (let n = 0; n < traces; n += 40) {
      const some = Array.from({ length: 40 }, (_, i): Given => {
        const trace = n + i;
        return {
          trace,
          code: trace % 50 === 0 ? 503 : 200,
          startMs: 0,
          lastsMs: trace % 1000,
          isRoot: true,
          padding: 0,
        };
      });
      path.report(aRequest(some.map((span, i) => toSpan(span, n + i))));
      if (n % 400 === 0) await path.clock.advance(500);
    }
    path.close();
    const kept = path.sent();
    expect(kept.length).toBeLessThan(traces / 2);
    expectToStandFor(kept, traces);
  });

  it("so many spans of each service, as they come, some of which were sampled before", async () => {
    const path = openSpanPath({ perService: { count: 200, windowMs: 1000 } });
    const traceNumbers = new Map(Array.from({ length: 12_000 }, (_, n) => [hex(traceIdOf(n)), n]));
    let stands = 0;
    for (let n = 0; n < 12_000; n += 40) {
      const some = Array.from({ length: 40 }, (_, i) => n + i);
      // Every other service samples half of its traces itself.
      const early = n % 80 === 0;
      const came = some.filter((trace) => !early || hex(traceIdOf(trace)).slice(-14) >= "80000000000000");
      const spans = came.map((trace) =>
        aSpan(1, {}, { traceId: traceIdOf(trace), traceState: early ? "ot=th:8" : "" }),
      );
      path.report(aRequest(spans, { "service.name": early ? "early" : "late" }));
      stands += came.length * (early ? 2 : 1);
      if (n % 400 === 0) await path.clock.advance(200);
    }
    const kept = path.sent();
    expectToStandFor(kept, stands);
    // 200 a second for 6 seconds, and some more of the first burst: of both services, though of one only every other trace comes.
    const early = kept.filter(({ traceId }) => Math.floor(traceNumbers.get(hex(traceId))! / 40) % 2 === 0).length;
    for (const count of [early, kept.length - early]) {
      expect(count).toBeGreaterThan(1000);
      expect(count).toBeLessThan(1800);
    }
    expect([...path.way.counts.kept, ...path.way.counts.leftOut].map(([reason]) => reason)).toEqual([
      "perService",
      "perService",
    ]);
  });
});
