import type { LogEntryInstance, PlainValue, Timestamp } from "../../schemas/model/instance.ts";
import type { LokiConfig } from "./config.ts";
import { type Fields, flatten, lineFormats } from "./line.ts";
import type { Labels } from "./streams.ts";

/** One line of a stream: nanoseconds as text, the line, and structured metadata if there is any. */
type Line = readonly [string, string] | readonly [string, string, Labels];

/** The body of a push. */
export interface Push {
  readonly streams: readonly { readonly stream: Labels; readonly values: readonly Line[] }[];
}

/**
 * Entries as streams of lines, in order. Loki takes the same line at the same nanosecond of a stream for one that was sent twice: of
 * such, the later ones of a batch are dated a nanosecond on.
 */
export function toPush(
  batch: readonly LogEntryInstance[],
  { format, metadata }: LokiConfig,
  labelsOf: (entry: LogEntryInstance) => Labels,
): Push {
  const streams = new Map<string, { stream: Labels; values: Line[]; taken: Set<string> }>();
  for (const entry of batch) {
    const stream = labelsOf(entry);
    const key = JSON.stringify(stream);
    const found = streams.get(key) ?? { stream, values: [], taken: new Set() };
    streams.set(key, found);
    const { inLine, beside } = divide(entry, metadata);
    const line = lineFormats[format](inLine);
    const time = freeTime(nanosecondsOf(entry.time), line, found.taken);
    found.values.push(Object.keys(beside).length === 0 ? [time, line] : [time, line, beside]);
  }
  return { streams: [...streams.values()].map(({ stream, values }) => ({ stream, values })) };
}

/** The fields of an entry, apart for the line and for what stands beside it. */
function divide(entry: LogEntryInstance, metadata: readonly string[]): { inLine: Fields; beside: Labels } {
  const fields = Object.entries(fieldsOf(entry));
  const isBeside = ([name]: readonly [string, PlainValue]) => metadata.includes(name);
  return {
    inLine: Object.fromEntries(fields.filter((field) => !isBeside(field))),
    beside: Object.fromEntries(flatten(Object.fromEntries(fields.filter(isBeside)))),
  };
}

function fieldsOf({ variables, traceId, spanId, weight }: LogEntryInstance): Fields {
  return {
    ...(traceId === undefined ? {} : { trace_id: traceId }),
    ...(spanId === undefined ? {} : { span_id: spanId }),
    ...(weight === 1 ? {} : { weight }),
    ...variables,
  };
}

function nanosecondsOf({ seconds, nanos }: Timestamp): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
}

function freeTime(nanoseconds: bigint, line: string, taken: Set<string>): string {
  let time = nanoseconds;
  while (taken.has(`${time} ${line}`)) time++;
  taken.add(`${time} ${line}`);
  return String(time);
}
