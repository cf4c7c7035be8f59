import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { createSpanDecoder } from "../collector/decode/otlp-spans.ts";
import { TracesDataSchema } from "../schemas/gen/opentelemetry/proto/trace/v1/trace_pb.js";
import { findPeer } from "../test/support/peers.ts";
import { exportFor } from "./support/send-unary.ts";
import { startHub, startServer } from "./support/server-process.ts";
import { median, sideBySide } from "./support/side-by-side.ts";
import { type SpanSink, startSpanSink } from "./support/span-sink.ts";
import { makeSpanRequests, renewing } from "./support/span-traffic.ts";

/** Spans through the decoder, and relayed over loopback gRPC: processor time in microseconds for one span. */
export interface SpansBench {
  readonly spansInRequest: number;
  /** Requests under way. */
  readonly atOnce: number;
  readonly spanBytes: number;
  /** Checked, found and cut out again, in process. */
  readonly cutUs: number;
  /** The same by generated code (protobuf-es): decoded and encoded. */
  readonly generatedUs: number;
  /** The whole hub: default configuration with statistics, relaying all spans. */
  readonly hubUs: number;
  /** The same without the graph of calls. */
  readonly graphlessUs: number;
  /** The hub without statistics, which does what the others do. */
  readonly relayUs: number;
  /** grpc-js and generated code. */
  readonly plainUs: number;
  /** grpc-js and generated code in, OpenTelemetry's SDK out: its batch processor and its exporter. */
  readonly sdkRelayUs: number;
  /** That way out alone, for equal spans that are there already. */
  readonly sdkExportUs: number;
  /** The OpenTelemetry Collector with its batch processor, if there is one that exports OTLP. */
  readonly collectorUs: number | undefined;
  /** Spans that reached the backend through the hub in a second of wall time, all on this machine. */
  readonly hubSpansPerSecond: number;
}

const rounds = 3;
const sliceMs = 2000;
/** So long that all is compiled that will be. */
const warmUpMs = 6000;

/** Measures both sizes of requests: as Envoy sends them, one a worker or of many proxies at once, and as SDKs do. */
export async function runSpansBench(): Promise<SpansBench[]> {
  return [await runWith(5, 2), await runWith(5, 16), await runWith(100, 16)];
}

async function runWith(spansInRequest: number, atOnce: number): Promise<SpansBench> {
  const requests = makeSpanRequests(Math.ceil(2000 / spansInRequest), spansInRequest);
  const bytes = requests.reduce((sum, { length }) => sum + length, 0);
  const rates = sideBySide({ cut: cutting(requests), generated: recoding(requests) }, 5);
  const sink = await startSpanSink();
  const relays = await startRelays(sink);
  try {
    const costs = new Map<string, number[]>(Object.keys(relays).map((name) => [name, []]));
    const walls: number[] = [];
    for (let round = -1; round < rounds; round++) {
      for (const [name, relay] of Object.entries(relays)) {
        const sending = { spansInRequest, atOnce, ms: round < 0 ? warmUpMs : sliceMs };
        const { cpuUs, perSecond } = await measure(relay, sink, requests, sending);
        if (round < 0) continue;
        costs.get(name)!.push(cpuUs);
        if (name === "relay") walls.push(perSecond);
      }
    }
    const cost = (name: string) => median(costs.get(name) ?? []);
    return {
      ...{ spansInRequest, atOnce },
      spanBytes: Math.round(bytes / (requests.length * spansInRequest)),
      cutUs: 1e6 / rates.cut,
      generatedUs: 1e6 / rates.generated,
      hubUs: cost("hub"),
      graphlessUs: cost("graphless"),
      relayUs: cost("relay"),
      plainUs: cost("plain"),
      sdkRelayUs: cost("sdkRelay"),
      sdkExportUs: await exportCost(sink),
      collectorUs: costs.has("collector") ? cost("collector") : undefined,
      hubSpansPerSecond: median(walls),
    };
  } finally {
    await Promise.all([...Object.values(relays).map((relay) => relay.stop()), sink.stop()]);
  }
}

function cutting(requests: readonly Uint8Array[]): () => number {
  const decoder = createSpanDecoder({ now: Date.now });
  let next = 0;
  return () => {
    const batch = decoder.read(requests[next++ % requests.length]!, "bench");
    const places: number[] = [];
    while (batch.next() !== undefined) places.push(batch.place);
    if (batch.cut(places).length === 0) throw new Error("nothing was cut");
    return places.length;
  };
}

function recoding(requests: readonly Uint8Array[]): () => number {
  let next = 0;
  return () => {
    const data = fromBinary(TracesDataSchema, requests[next++ % requests.length]!);
    if (toBinary(TracesDataSchema, data).length === 0) throw new Error("nothing was encoded");
    return data.resourceSpans[0]!.scopeSpans[0]!.spans.length;
  };
}

/** What stands between the sender and the backend. */
interface Relay {
  readonly grpc: string;
  cpuSeconds(): number;
  stop(): Promise<void>;
}

async function startRelays(sink: SpanSink): Promise<Readonly<Record<string, Relay>>> {
  const endpoint = `http://${sink.address}`;
  const config = `handlers: { traces: { adapter: otlp, params: { endpoint: "${endpoint}" } } }
rules: [{ name: traces, match: 'context.signal == "span"', actions: [{ handler: traces, instances: [spans] }] }]
`;
  const collector = await startCollector(sink.address);
  return {
    hub: await startHub(config),
    graphless: await startHub(`${config}graph: null\n`),
    relay: await startHub(`${config}stats: null\n`),
    plain: await startServer(baseline("relay"), [sink.address]),
    sdkRelay: await startServer(baseline("sdk-relay"), [sink.address]),
    ...(collector && { collector }),
  };
}

const baseline = (name: string) => fileURLToPath(new URL(`./baseline/${name}.ts`, import.meta.url));

/** What a program pays that exports spans with OpenTelemetry's SDK, in a process of its own. */
async function exportCost(sink: SpanSink): Promise<number> {
  const costs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const args = [baseline("sdk-export"), `http://${sink.address}`, String(sliceMs)];
    const { stdout } = await promisify(execFile)(process.execPath, ["--max-semi-space-size=4", ...args]);
    costs.push(Number(stdout));
  }
  return median(costs);
}

/** How requests are sent. */
interface Sending {
  readonly spansInRequest: number;
  readonly atOnce: number;
  readonly ms: number;
}

/** Sends for a while, and waits until all has reached the backend. */
async function measure(
  relay: Relay,
  sink: SpanSink,
  requests: readonly Uint8Array[],
  { spansInRequest, atOnce, ms }: Sending,
) {
  const [cpuBefore, spansBefore, start] = [relay.cpuSeconds(), sink.spans(), performance.now()];
  const spans = (await exportFor(ms, relay.grpc, renewing(requests), atOnce)) * spansInRequest;
  while (sink.spans() - spansBefore < spans) await new Promise((resolve) => setTimeout(resolve, 20));
  const perSecond = (spans / (performance.now() - start)) * 1000;
  return { cpuUs: ((relay.cpuSeconds() - cpuBefore) / spans) * 1e6, perSecond };
}

/** The Collector, if it is there and has what it needs; MIXDOWN_OTELCOL names another one. */
async function startCollector(backend: string): Promise<Relay | undefined> {
  const program = findPeer("otelcol");
  if (program === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "mixdown-bench-"));
  const port = await freePort();
  writeFileSync(join(folder, "config.yaml"), collectorConfig(port, backend));
  const child = spawn(program, ["--config", join(folder, "config.yaml")], { stdio: ["ignore", "ignore", "pipe"] });
  const stop = async () => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  };
  for await (const text of child.stderr) {
    if (!String(text).includes("Everything is ready")) continue;
    child.stderr.resume();
    return { grpc: `127.0.0.1:${port}`, cpuSeconds: () => cpuOf(child.pid as number), stop };
  }
  await stop();
  return undefined;
}

const collectorConfig = (port: number, backend: string): string => `
receivers: { otlp: { protocols: { grpc: { endpoint: "127.0.0.1:${port}" } } } }
processors: { batch: {} }
exporters: { otlp: { endpoint: "${backend}", tls: { insecure: true }, compression: none } }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { traces: { receivers: [otlp], processors: [batch], exporters: [otlp] } }
`;

function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
