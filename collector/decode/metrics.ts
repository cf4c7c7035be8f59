import type { EnvoyNode } from "../../schemas/model/access-log.ts";
import { parseIdentifier } from "./access-log/identifier.ts";
import { DecodeError } from "./decode-error.ts";
import { type MetricSample, readFamily } from "./metrics/family.ts";
import { ProtoReader, wire } from "./reader.ts";

export type { MetricSample };
export { DecodeError };

/** One message of a proxy about its own statistics. */
export interface MetricsMessage {
  /** Who it is; only in the first message of a stream. `malformed`: it is there and cannot be read. */
  readonly node: EnvoyNode | "malformed" | undefined;
  /** Counters, gauges and untyped values, in order. */
  readonly samples: readonly MetricSample[];
}

/** Reads StreamMetricsMessage: identifier = 1 { node = 1 }, envoy_metrics = 2. Throws DecodeError. */
export function decodeStreamMetrics(message: Uint8Array): MetricsMessage {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  const reader = new ProtoReader().reset(bytes, 0, bytes.length);
  const samples: MetricSample[] = [];
  let node: MetricsMessage["node"];
  while (reader.more) {
    const tag = reader.tag();
    const field = tag >>> 3;
    if (field <= 2 && (tag & 7) !== wire.bytes) reader.fail(reader.fault ?? "wire_type");
    else if (field === 1) node = readNode(reader, bytes);
    else if (field === 2) readFamily(reader, bytes, samples);
    else reader.skip(tag & 7);
  }
  if (reader.fault !== undefined) throw new DecodeError(reader.fault, "StreamMetricsMessage");
  return { node, samples };
}

/** The identifier is that of the access log service without a log name. */
function readNode(reader: ProtoReader, bytes: Buffer): EnvoyNode | "malformed" {
  const length = reader.length();
  const start = reader.pos;
  reader.pos += length;
  return parseIdentifier(bytes, start, start + length)?.node ?? "malformed";
}
