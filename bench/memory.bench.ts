import { entriesInMessage, makeTraffic } from "./support/access-log-traffic.ts";
import { sendPaced } from "./support/send-stream.ts";
import { startHub } from "./support/server-process.ts";

/** A whole hub with its default configuration under a steady load. */
export interface MemoryBench {
  readonly entriesPerSecond: number;
  /** Of istio_requests_total; the three histograms have as many. */
  readonly series: number;
  readonly residentMiB: number;
  /** Share of one core. */
  readonly cpu: number;
}

const wanted = 10_000;
const upstreams = 170;
const ms = 20_000;

/** Measures memory and CPU at 10,000 entries a second over 1,000 series, with statistics and without. */
export async function runMemoryBench(): Promise<{ withStats: MemoryBench; withoutStats: MemoryBench }> {
  return { withStats: await measure(""), withoutStats: await measure("stats: null\n") };
}

async function measure(extra: string): Promise<MemoryBench> {
  const hub = await startHub(extra);
  try {
    const messages = makeTraffic(400, upstreams);
    const before = hub.cpuSeconds();
    const entries = (await sendPaced(ms, hub.grpc, messages, wanted / entriesInMessage)) * entriesInMessage;
    const cpu = (hub.cpuSeconds() - before) / (ms / 1000);
    const page = await (await fetch(`http://${hub.admin}/metrics`)).text();
    const series = page.match(/^istio_requests_total\{/gm)?.length ?? 0;
    return { entriesPerSecond: entries / (ms / 1000), series, residentMiB: hub.residentMiB(), cpu };
  } finally {
    await hub.stop();
  }
}
