import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { entriesInMessage, makeTraffic } from "./support/access-log-traffic.ts";
import { sendFor } from "./support/send-stream.ts";
import { type ServerProcess, startHub } from "./support/server-process.ts";
import { median } from "./support/side-by-side.ts";

/** Access logs over loopback gRPC into a hub with the default configuration, and into one with more lanes that get each entry as a log. */
export interface LanesBench {
  /** Which lanes: Kafka only where MIXDOWN_BENCH_KAFKA names a broker. */
  readonly lanes: string;
  readonly entriesPerSecond: number;
  readonly withLanesEntriesPerSecond: number;
  /** Per second of the hub's CPU time. */
  readonly entriesPerCpuSecond: number;
  readonly withLanesEntriesPerCpuSecond: number;
  /** Share of the entries that the lanes delivered; the rest was dropped by queues that were full. */
  readonly deliveredShare: number;
}

const rounds = 5;
const sliceMs = 1500;
const streams = 4;

/** Measures both hubs in turns. */
export async function runLanesBench(): Promise<LanesBench> {
  const folder = mkdtempSync(join(tmpdir(), "mixdown-bench-lanes-"));
  const sink = createServer((request, response) => {
    request.resume().on("end", () => response.writeHead(202).end("{}"));
  });
  await new Promise<void>((resolve) => sink.listen(0, "127.0.0.1", resolve));
  const address = `127.0.0.1:${(sink.address() as AddressInfo).port}`;
  const lanes = handlersOf(folder, address, process.env.MIXDOWN_BENCH_KAFKA);
  const [without, withLanes] = [await startHub(), await startHub(toYaml(lanes))];
  try {
    const messages = makeTraffic(200);
    const rates: Record<"without" | "with", Rate[]> = { without: [], with: [] };
    for (let round = -1; round < rounds; round++) {
      const [a, b] = [await measure(without, messages), await measure(withLanes, messages)];
      if (round >= 0) [rates.without.push(a), rates.with.push(b)];
    }
    const of = (side: keyof typeof rates, pick: (rate: Rate) => number) => median(rates[side].map(pick));
    return {
      lanes: Object.keys(lanes).join(", "),
      entriesPerSecond: of("without", ({ wall }) => wall),
      withLanesEntriesPerSecond: of("with", ({ wall }) => wall),
      entriesPerCpuSecond: of("without", ({ cpu }) => cpu),
      withLanesEntriesPerCpuSecond: of("with", ({ cpu }) => cpu),
      deliveredShare: await deliveredShare(withLanes, Object.keys(lanes)),
    };
  } finally {
    await Promise.all([without.stop(), withLanes.stop()]);
    sink.close();
    rmSync(folder, { recursive: true });
  }
}

/** Handlers by name, as YAML in flow style. */
function handlersOf(folder: string, sink: string, broker: string | undefined): Record<string, string> {
  const url = (path: string) => `"http://${sink}${path}"`;
  return {
    file: `{ adapter: file, params: { path: "${join(folder, "access.log")}" } }`,
    newrelic: `{ adapter: newrelic, params: { licenseKey: bench, logUrl: ${url("/log")}, metricUrl: ${url("/metric")}, eventUrl: ${url("/event")}, traceUrl: ${url("/trace")} } }`,
    ...(broker === undefined
      ? {}
      : { kafka: `{ adapter: kafka, params: { brokers: ["${broker}"], topic: mixdown-bench } }` }),
  };
}

function toYaml(lanes: Readonly<Record<string, string>>): string {
  const handlers = Object.entries(lanes).map(([name, text]) => `  ${name}: ${text}\n`);
  const actions = Object.keys(lanes).map((name) => `{ handler: ${name}, instances: [accesslog] }`);
  return `handlers:\n${handlers.join("")}rules:\n  - { name: bench-lanes, actions: [${actions.join(", ")}] }\n`;
}

interface Rate {
  readonly wall: number;
  readonly cpu: number;
}

async function measure(server: ServerProcess, messages: readonly Uint8Array[]): Promise<Rate> {
  const cpuBefore = server.cpuSeconds();
  const start = performance.now();
  const entries = (await sendFor(sliceMs, server.grpc, messages, streams)) * entriesInMessage;
  return { wall: (entries / (performance.now() - start)) * 1000, cpu: entries / (server.cpuSeconds() - cpuBefore) };
}

interface HandlerAnswer {
  readonly name: string;
  readonly received: number;
  readonly delivered: number;
}

async function deliveredShare({ admin }: ServerProcess, names: readonly string[]): Promise<number> {
  const response = await fetch(`http://${admin}/api/v1/handlers`);
  const { handlers } = (await response.json()) as { handlers: readonly HandlerAnswer[] };
  const lanes = handlers.filter(({ name }) => names.includes(name));
  const sum = (pick: (handler: HandlerAnswer) => number) => lanes.reduce((total, handler) => total + pick(handler), 0);
  return sum(({ delivered }) => delivered) / sum(({ received }) => received);
}
