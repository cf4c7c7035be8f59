import type { Sketch } from "../sketch.ts";
import type { Example } from "./cell.ts";
import type { ExemplarAnswer, Health, Measures, ReporterChoice, ResponseCount, StatName } from "./query.ts";
import { toRfc3339 } from "./range.ts";
import type { ProtocolOutcome, Total } from "./total.ts";

const nanosPerMs = 1e6;
const percents = { p50: 50, p90: 90, p95: 95, p99: 99 } as const;
/** Ways to end that are listed for one line of an answer. */
const maxResponses = 100;

/** What is said of a total. */
export function toMeasures(total: Total, seconds: number, choice: ReporterChoice, health: Health): Measures {
  const { requests, errors, opened, closed } = total;
  return {
    requests,
    errors,
    rate: seconds > 0 ? requests / seconds : 0,
    errorRatio: requests > 0 ? errors / requests : null,
    bytesIn: total.bytesIn,
    bytesOut: total.bytesOut,
    durationMs: toDurations(total.sketch()),
    classes: toClasses(total.outcomes()),
    responses: toResponses(total.outcomes()),
    connections: { opened, closed },
    mtlsRatio: choice === "outbound" || total.securable === 0 ? null : total.secured / total.securable,
    seenBy: [
      ...(total.seenInbound ? (["inbound"] as const) : []),
      ...(total.seenOutbound ? (["outbound"] as const) : []),
    ],
    firstSeen: toTime(total.firstSeen),
    lastSeen: toTime(total.lastSeen),
    health,
  };
}

/** One statistic of durations in milliseconds; null without durations. */
export function toDuration(sketch: Sketch, stat: StatName): number | null {
  if (sketch.count === 0) return null;
  if (stat === "mean") return (sketch.mean() ?? 0) / nanosPerMs;
  if (stat === "max") return sketch.max / nanosPerMs;
  const value = sketch.quantile(percents[stat]) ?? 0;
  return value === sketch.min || value === sketch.max
    ? value / nanosPerMs
    : Number((value / nanosPerMs).toPrecision(6));
}

function toDurations(sketch: Sketch): Measures["durationMs"] {
  return {
    mean: toDuration(sketch, "mean"),
    p50: toDuration(sketch, "p50"),
    p90: toDuration(sketch, "p90"),
    p95: toDuration(sketch, "p95"),
    p99: toDuration(sketch, "p99"),
    max: toDuration(sketch, "max"),
  };
}

/** Requests by class of the HTTP status; `none` is no response at all. Informational ones are listed only if there are any. */
function toClasses(outcomes: Iterable<ProtocolOutcome>): Measures["classes"] {
  const classes: Record<string, number> = { "2xx": 0, "3xx": 0, "4xx": 0, "5xx": 0, none: 0 };
  for (const { code, requests } of outcomes) {
    const name = code === 0 ? "none" : `${Math.floor(code / 100)}xx`;
    if (requests > 0) classes[name] = (classes[name] ?? 0) + requests;
  }
  return classes;
}

/** The joint counts of code, gRPC status and flags, over all protocols, most first. */
function toResponses(outcomes: Iterable<ProtocolOutcome>): ResponseCount[] {
  const counts = new Map<string, { -readonly [K in keyof ResponseCount]: ResponseCount[K] }>();
  for (const { code, grpcStatus, flags, requests, connections } of outcomes) {
    const name = JSON.stringify([code, grpcStatus, flags]);
    const grpc = grpcStatus !== undefined && /^\d{1,9}$/.test(grpcStatus) ? Number(grpcStatus) : (grpcStatus ?? null);
    const known = counts.get(name) ?? { code: code === 0 ? null : code, grpc, flags: flags ?? null, requests: 0 };
    known.requests += requests;
    if (connections > 0) known.connections = (known.connections ?? 0) + connections;
    counts.set(name, known);
  }
  const text = ({ code, grpc, flags }: ResponseCount) => `${code ?? 0} ${grpc ?? ""} ${flags ?? ""}`;
  const amount = ({ requests, connections }: ResponseCount) => requests + (connections ?? 0);
  return [...counts.values()]
    .sort((a, b) => amount(b) - amount(a) || compareText(text(a), text(b)))
    .slice(0, maxResponses);
}

/** Example requests for an answer. */
export function toExemplars(examples: readonly Example[]): ExemplarAnswer[] {
  const seen = new Set<string>();
  const fresh = examples.filter(({ traceId }) => !seen.has(traceId) && seen.add(traceId));
  return fresh.map(({ traceId, at, duration, code }) => ({
    traceId,
    at: toRfc3339(at / 1000),
    durationMs: duration === undefined ? null : duration / nanosPerMs,
    code: code === 0 ? null : code,
  }));
}

/** Order by code points, the same everywhere. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const toTime = (ms: number): string | null => (Number.isFinite(ms) ? toRfc3339(ms / 1000) : null);
