import { createAccessLogDecoder } from "../collector/decode/access-log.ts";
import type { AccessLogBatch } from "../schemas/model/access-log.ts";
import type { Receipt } from "../schemas/model/receipt.ts";
import { createBaseline } from "./baseline/index.ts";
import { makeTraffic } from "./support/access-log-traffic.ts";
import { createDefaultPipeline } from "./support/default-plan.ts";
import { sideBySide } from "./support/side-by-side.ts";

/** The whole record path with the default configuration, from message bytes to series, in one process. */
export interface PathBench {
  /** Without statistics. */
  readonly entriesPerSecond: number;
  readonly withStatsEntriesPerSecond: number;
  /** Metrics only: decoding, rules and series the plain way. */
  readonly baselineEntriesPerSecond: number;
  /** Without statistics, as the baseline is. */
  readonly ratio: number;
  /** What statistics add to an entry's time, as a share of it. */
  readonly statsCost: number;
}

/** Measures the record path beside protobufjs, interpreted rules and prom-client making the same metrics. */
export async function runPathBench(): Promise<PathBench> {
  const messages = makeTraffic(200);
  const hub = await createHub(false, messages);
  const hubWithStats = await createHub(true, messages);
  const baseline = createBaseline();
  const next = cycle(messages);
  const rates = sideBySide({ hub: hub.work, hubWithStats: hubWithStats.work, plain: () => baseline.report(next()) });
  await hubWithStats.close();
  return {
    entriesPerSecond: rates.hub,
    withStatsEntriesPerSecond: rates.hubWithStats,
    baselineEntriesPerSecond: rates.plain,
    ratio: rates.hub / rates.plain,
    statsCost: rates.hub / rates.hubWithStats - 1,
  };
}

async function createHub(withStats: boolean, messages: readonly Uint8Array[]) {
  const { pipeline, close } = await createDefaultPipeline(withStats);
  const ignore = { entry() {}, value() {}, identifierMissing() {}, identifierMalformed() {} };
  const stream = createAccessLogDecoder(ignore).open({ reporter: "outbound", trustForwardedClientCert: false });
  const next = cycle(messages);
  const take = (batch: AccessLogBatch) => pipeline.reportAccessLogs(batch) as Receipt; // no lane makes it wait
  return { work: () => take(stream.read(next())).accepted, close };
}

function cycle<T>(items: readonly T[]): () => T {
  let at = -1;
  return () => items[++at % items.length] as T;
}
