import fc from "fast-check";
import { expect, it } from "vitest";
import { GraphBench } from "../support/call-graph.ts";
import { spanAt } from "../support/trace-spans.ts";
import { arbitraryCalls, type DrawnSpan } from "./arbitrary-calls.ts";

const waitMs = 10_000;

/** A span and when it comes. */
interface Arrival {
  readonly span: DrawnSpan;
  readonly atMs: number;
}

/** Traces of which some spans are lost, in any order, some of them too late for one another. */
const arrivals: fc.Arbitrary<Arrival[]> = arbitraryCalls.chain((spans) =>
  fc.array(fc.tuple(fc.nat(9), fc.nat(2 * waitMs)), { minLength: spans.length, maxLength: spans.length }).map((fates) =>
    spans
      .map((span, i) => ({ span, atMs: fates[i]![1], isLost: fates[i]![0] === 0 }))
      .filter(({ isLost }) => !isLost)
      .sort((a, b) => a.atMs - b.atMs),
  ),
);

const isExit = ({ kind }: DrawnSpan) => kind === "client" || kind === "producer";
const isEntry = ({ kind }: DrawnSpan) => kind === "server" || kind === "consumer";
const line = (client: string, server: string, type: string | undefined, failed: boolean) =>
  `${client} -> ${server} ${type ?? "service"}${failed ? " failed" : ""}`;

/** The calls by the definition: from all that came, every span looked up among all others. */
function reference(all: readonly Arrival[]): { calls: string[]; unpaired: number } {
  const meet = (a: Arrival, b: Arrival) => Math.abs(a.atMs - b.atMs) < waitMs;
  const find = (trace: number, id: number, of: Arrival) =>
    all.find((each) => each.span.trace === trace && each.span.id === id && meet(each, of));
  const callersOf = (each: Arrival) =>
    [{ id: each.span.parent, trace: each.span.trace }, ...each.span.links]
      .map(({ id, trace }) => find(trace, id, each))
      .filter((found) => found !== undefined && isExit(found.span));
  const calls: string[] = [];
  let unpaired = 0;
  for (const each of all) {
    const { span } = each;
    if (isEntry(span)) {
      const callers = callersOf(each);
      const type = span.kind === "consumer" ? "messaging_system" : undefined;
      for (const caller of callers)
        calls.push(line(caller!.span.service, span.service, type, span.failed || caller!.span.failed));
      if (callers.length > 0) continue;
      if (span.peer !== undefined) calls.push(line(span.peer.name, span.service, span.peer.type, span.failed));
      else if (span.parent === 0) calls.push(line("user", span.service, "virtual_node", span.failed));
      else unpaired++;
    } else if (isExit(span)) {
      const isCalled = all.some((other) => isEntry(other.span) && callersOf(other).includes(each));
      const isWrapper = all.some(
        (other) =>
          isExit(other.span) && other.span.parent === span.id && other.span.trace === span.trace && meet(other, each),
      );
      if (isCalled || isWrapper) continue;
      if (span.peer !== undefined) calls.push(line(span.service, span.peer.name, span.peer.type, span.failed));
      else unpaired++;
    }
  }
  return { calls: calls.toSorted(), unpaired };
}

function attributesOf({ peer }: DrawnSpan): Record<string, string> {
  const http = { "http.request.method": "GET" };
  if (peer?.type === "database") return { "db.system": "mysql", "db.name": peer.name };
  if (peer?.type === "messaging_system")
    return { "messaging.system": "kafka", "messaging.destination.name": peer.name };
  return peer === undefined ? http : { ...http, "server.address": peer.name };
}

function run(all: readonly Arrival[], limits: { maxSpans?: number; maxBytes?: number } = {}): GraphBench {
  const bench = new GraphBench({ waitMs, maxSpans: 100_000, maxBytes: 1e9, ...limits });
  for (const { span, atMs } of all) {
    bench.wait(atMs - bench.nowMs);
    bench.take({ "service.name": span.service }, spanAt(span.kind, span, attributesOf(span)));
    const { waiting, waitingBytes } = bench.graph.counts();
    expect(waiting).toBeLessThanOrEqual(limits.maxSpans ?? 100_000);
    expect(waitingBytes).toBeLessThanOrEqual(limits.maxBytes ?? 1e9);
  }
  return bench.wait(waitMs);
}

const found = ({ calls }: GraphBench) =>
  calls
    .filter((call) => call["context.signal"] === "call")
    .map((call) =>
      line(
        String(call["call.client"]),
        String(call["call.server"]),
        call["call.type"] as string | undefined,
        call["call.failed"] === true,
      ),
    )
    .toSorted();

it("finds the calls that whole traces tell of, whatever the order, and counts what is left over", () => {
  fc.assert(
    fc.property(arrivals, (all) => {
      const bench = run(all);
      const { calls, unpaired } = reference(all);
      expect(found(bench)).toEqual(calls);
      expect(bench.graph.counts()).toMatchObject({ spans: { unpaired, dropped: 0 }, waiting: 0, waitingBytes: 0 });
    }),
    { numRuns: 300 },
  );
});

it("keeps to its limits, finds no call that there is not, and tells statistics of a span once at most", () => {
  fc.assert(
    fc.property(
      arrivals,
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 2_000, max: 20_000 }),
      (all, maxSpans, maxBytes) => {
        const bench = run(all, { maxSpans, maxBytes });
        const known = reference(all).calls;
        const between = (lines: readonly string[]) => lines.filter((each) => each.includes(" service"));
        const left = [...between(known)];
        for (const each of between(found(bench))) {
          expect(left).toContain(each);
          left.splice(left.indexOf(each), 1);
        }
        const requests = bench.told.filter((each) => each["request.method"] !== undefined);
        const ids = requests.map((each) => `${each["trace.id"]} ${each["trace.span_id"]}`);
        expect(new Set(ids).size).toBe(ids.length);
        expect(bench.graph.counts()).toMatchObject({ waiting: 0, waitingBytes: 0 });
      },
    ),
    { numRuns: 200 },
  );
});
