import { type ByteWriter, wire } from "../shared/otlp/byte-writer.ts";
import type { Sample } from "./time-series.ts";

/** Types of metrics, numbered the same in both versions. */
export const familyTypes = { counter: 1, gauge: 2, histogram: 3 } as const;

/** The one NaN that means that a series ended (Prometheus, value.StaleNaN); a JavaScript number cannot carry it. */
const staleness = { low: 2, high: 0x7ff0_0000 } as const;

/** Field 1 of a sample in both versions: its value, or a staleness marker. */
export function writeValue(writer: ByteWriter, { value, isStale }: Sample): void {
  writer.tag(1, wire.fixed64);
  if (isStale) writer.fixed64(staleness.low, staleness.high);
  else writer.double(value);
}

/** A field of milliseconds since the epoch. */
export function writeTime(writer: ByteWriter, field: number, timeMs: number): void {
  writer.tag(field, wire.varint);
  writer.int64(timeMs);
}
