import { indexRequest, itemWidth } from "../collector/decode/otlp/request-index.ts";
import { expression } from "../collector/rules/rules.fixture.ts";
import type { TailSettings } from "../collector/rules/sampling/keep-rule.ts";
import { openSpanPath, type SpanPath } from "../test/support/span-path.ts";
import { exportFor } from "./support/send-unary.ts";
import { startHub } from "./support/server-process.ts";
import { startSpanSink } from "./support/span-sink.ts";
import { createTraceTraffic, hasError, slotMs, spansInTrace, traceOf } from "./support/trace-traffic.ts";

/** Tail sampling in process, bytes in and decisions out, on a clock that is moved: traces of 8 spans, 1 % of them with an error. */
interface InProcess {
  readonly tracesPerSecond: number;
  readonly spansInRequest: number;
  /** Processor time for one span, and the spans that one core does in a second. */
  readonly spanUs: number;
  readonly spansPerSecondOfCore: number;
  /** Of all error traces, the part that was kept with all its spans. */
  readonly errorTracesWhole: number;
  /** Of all traces, the part that was kept, and that was decided since memory was full. */
  readonly kept: number;
  readonly decidedForMemory: number;
  readonly limitMiB: number;
  readonly peakMiB: number;
  readonly residentMiB: number;
}

/** The same over loopback gRPC, through a whole hub without statistics. */
interface OverGrpc {
  readonly spansInRequest: number;
  readonly spansPerSecond: number;
  readonly hubUs: number;
  readonly hubResidentMiB: number;
}

const mebibyte = 1_048_576;
const seconds = 12;
const settings: TailSettings = {
  ...{ quietMs: 3000, quietAfterRootMs: undefined, longestMs: 30_000, maxBytes: 256 * mebibyte, remember: 200_000 },
  keep: [
    { ...aRule("errors"), when: expression("response.code >= 500") },
    { ...aRule("slow"), minDurationMs: 60_000 },
    { ...aRule("rest"), rate: 0.01 },
  ],
};

function aRule(name: string) {
  return { name, when: undefined, minDurationMs: undefined, minSpans: undefined, rate: 1, perService: undefined };
}

/** Measures the rate that is asked for, twice it, and requests as small as Envoy's; then over gRPC. */
export async function runTailBench(): Promise<readonly (InProcess | OverGrpc)[]> {
  await measure(2000, 100);
  return [
    await measure(10_000, 100),
    await measure(20_000, 100),
    await measure(10_000, 5),
    await measureGrpc(100),
    await measureGrpc(5),
  ];
}

async function measure(tracesPerSecond: number, spansInRequest: number): Promise<InProcess> {
  const path = openSpanPath({ tail: settings });
  const traffic = createTraceTraffic(tracesPerSecond, spansInRequest);
  const errors = new Map<number, number>();
  let [spans, busyMs, peak, resident] = [0, 0, 0, 0];
  for (let slot = 0; slot < (seconds * 1000) / slotMs; slot++) {
    for (const request of traffic.slot()) {
      const start = process.cpuUsage();
      path.report(request);
      busyMs += msSince(start);
      spans += spansInRequest;
      peak = Math.max(peak, path.way.store!.bytes);
    }
    busyMs += await timed(() => path.clock.advance(slotMs));
    countErrors(path, errors);
    if (slot % 20 === 0) resident = Math.max(resident, process.memoryUsage.rss());
  }
  busyMs += await timed(async () => path.close());
  countErrors(path, errors);
  const whole = Array.from({ length: traffic.whole() }, (_, trace) => trace).filter(hasError);
  const { decisions } = path.way.counts;
  const part = (isMeant: (each: (typeof decisions)[number]) => boolean) =>
    decisions.reduce((sum, each) => sum + (isMeant(each) ? each.traces : 0), 0) / Math.max(1, traffic.whole());
  return {
    ...{ tracesPerSecond, spansInRequest, spanUs: (busyMs * 1000) / spans },
    spansPerSecondOfCore: (spans / busyMs) * 1000,
    errorTracesWhole: whole.filter((trace) => errors.get(trace) === spansInTrace).length / whole.length,
    kept: part(({ kept }) => kept),
    decidedForMemory: part(({ cause }) => cause === "memory"),
    limitMiB: settings.maxBytes / mebibyte,
    peakMiB: peak / mebibyte,
    residentMiB: resident / mebibyte,
  };
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = process.cpuUsage();
  await work();
  return msSince(start);
}

/** Processor time of all threads, collecting garbage included. */
function msSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

/** Counts the spans of error traces that were sent on. */
function countErrors(path: SpanPath, errors: Map<number, number>): void {
  for (const { bytes } of path.pieces()) {
    const request = Buffer.from(bytes);
    const { items, count } = indexRequest(request, 1_000_000);
    for (let n = 0; n < count; n++) {
      const trace = traceOf(request, items[n * itemWidth + 1]! + 2);
      if (hasError(trace)) errors.set(trace, (errors.get(trace) ?? 0) + 1);
    }
  }
}

async function measureGrpc(spansInRequest: number): Promise<OverGrpc> {
  const sink = await startSpanSink();
  const hub = await startHub(`stats: null
handlers: { traces: { adapter: otlp, params: { endpoint: "http://${sink.address}" } } }
instances:
  kept:
    template: spans
    params:
      tail:
        quiet: 3s
        maxBytes: ${settings.maxBytes}
        keep: [{ name: errors, when: response.code >= 500 }, { name: slow, minDuration: 60s }, { name: rest, rate: 0.01 }]
rules: [{ name: traces, match: 'context.signal == "span"', actions: [{ handler: traces, instances: [kept] }] }]
`);
  try {
    const traffic = createTraceTraffic(10_000, spansInRequest);
    const next = function* () {
      for (;;) for (const request of traffic.slot()) yield Uint8Array.from(request);
    };
    const requests = next();
    await exportFor(2000, hub.grpc, () => requests.next().value!, 16);
    const [cpu, start] = [hub.cpuSeconds(), performance.now()];
    const spans = (await exportFor(6000, hub.grpc, () => requests.next().value!, 16)) * spansInRequest;
    return {
      spansInRequest,
      spansPerSecond: (spans / (performance.now() - start)) * 1000,
      hubUs: ((hub.cpuSeconds() - cpu) / spans) * 1e6,
      hubResidentMiB: hub.residentMiB(),
    };
  } finally {
    await Promise.all([hub.stop(), sink.stop()]);
  }
}
