import { fileURLToPath } from "node:url";
import { entriesInMessage, makeTraffic } from "./support/access-log-traffic.ts";
import { sendFor } from "./support/send-stream.ts";
import { type ServerProcess, startHub, startServer } from "./support/server-process.ts";
import { median } from "./support/side-by-side.ts";

/** Access logs over loopback gRPC streams into a whole hub, and into a plain server, each in a process of its own. */
export interface StreamBench {
  /** Per second of wall time, sender and server on a core each. */
  readonly entriesPerSecond: number;
  /** Per second of the server's CPU time. */
  readonly entriesPerCpuSecond: number;
  readonly baselineEntriesPerSecond: number;
  readonly baselineEntriesPerCpuSecond: number;
  /** Of the CPU figures. */
  readonly ratio: number;
  readonly residentMiB: number;
}

const rounds = 5;
const sliceMs = 1500;
const streams = 4;

/** Measures the hub with its default configuration beside grpc-js, protobufjs, interpreted rules and prom-client. */
export async function runStreamBench(): Promise<StreamBench> {
  const hub = await startHub();
  const plain = await startServer(fileURLToPath(new URL("./baseline/server.ts", import.meta.url)));
  try {
    const messages = makeTraffic(200);
    const ours: Rate[] = [];
    const theirs: Rate[] = [];
    for (let round = -1; round < rounds; round++) {
      const [a, b] = [await measure(hub, messages), await measure(plain, messages)];
      if (round >= 0) [ours.push(a), theirs.push(b)];
    }
    const result = { ours: middle(ours), theirs: middle(theirs) };
    return {
      entriesPerSecond: result.ours.wall,
      entriesPerCpuSecond: result.ours.cpu,
      baselineEntriesPerSecond: result.theirs.wall,
      baselineEntriesPerCpuSecond: result.theirs.cpu,
      ratio: result.ours.cpu / result.theirs.cpu,
      residentMiB: hub.residentMiB(),
    };
  } finally {
    await Promise.all([hub.stop(), plain.stop()]);
  }
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

function middle(rates: readonly Rate[]): Rate {
  return { wall: median(rates.map(({ wall }) => wall)), cpu: median(rates.map(({ cpu }) => cpu)) };
}
