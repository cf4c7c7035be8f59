import type { EnvoyNode } from "../../schemas/model/access-log.ts";
import { parseIdentifier } from "./access-log/identifier.ts";
import { checkMessage } from "./check-message.ts";
import { DecodeError } from "./decode-error.ts";
import { eachFamily, type MetricSample, readFamily } from "./metrics/family.ts";

export type { MetricSample };
export { DecodeError };

/** One message of a proxy about its own statistics. */
export interface MetricsMessage {
  /** Who it is; only in the first message of a stream. `malformed`: it is there and cannot be read. */
  readonly node: EnvoyNode | "malformed" | undefined;
  /** Counters, gauges and untyped values in order, each read when it is asked for; `malformed` stands for the rest of a broken family. */
  readonly samples: Iterator<MetricSample | "malformed">;
}

/** Reads StreamMetricsMessage: identifier = 1 { node = 1 }, envoy_metrics = 2. Throws DecodeError if its own framing is broken. */
export function decodeStreamMetrics(message: Uint8Array): MetricsMessage {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  const identifier = checkMessage(bytes, { name: "StreamMetricsMessage", lastField: 2 });
  return {
    // The identifier is that of the access log service without a log name.
    node: identifier && (parseIdentifier(bytes, identifier.start, identifier.end)?.node ?? "malformed"),
    samples: readSamples(bytes),
  };
}

function* readSamples(bytes: Buffer): Generator<MetricSample | "malformed"> {
  for (const [start, end] of eachFamily(bytes)) {
    const isWhole = yield* readFamily(bytes, start, end);
    if (!isWhole) yield "malformed";
  }
}
