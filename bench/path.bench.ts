import { createAccessLogDecoder } from "../collector/decode/access-log.ts";
import { createBaseline } from "./baseline/index.ts";
import { makeTraffic } from "./support/access-log-traffic.ts";
import { createDefaultPipeline } from "./support/default-plan.ts";
import { sideBySide } from "./support/side-by-side.ts";

/** The whole record path with the default configuration, from message bytes to series, in one process. */
export interface PathBench {
  readonly entriesPerSecond: number;
  readonly baselineEntriesPerSecond: number;
  readonly ratio: number;
}

/** Measures the record path beside protobufjs, interpreted rules and prom-client making the same metrics. */
export async function runPathBench(): Promise<PathBench> {
  const messages = makeTraffic(200);
  const pipeline = await createDefaultPipeline();
  const ignore = { entry() {}, value() {}, identifierMissing() {}, identifierMalformed() {} };
  const stream = createAccessLogDecoder(ignore).open({ reporter: "outbound", trustForwardedClientCert: false });
  const baseline = createBaseline();
  const next = cycle(messages);
  const nextOfBaseline = cycle(messages);
  const { hub, plain } = sideBySide({
    hub: () => pipeline.reportAccessLogs(stream.read(next())).accepted,
    plain: () => baseline.report(nextOfBaseline()),
  });
  return { entriesPerSecond: hub, baselineEntriesPerSecond: plain, ratio: hub / plain };
}

function cycle<T>(items: readonly T[]): () => T {
  let at = -1;
  return () => items[++at % items.length] as T;
}
