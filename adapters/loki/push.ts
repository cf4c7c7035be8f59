import type { LogEntryInstance, PlainValue } from "../../schemas/model/instance.ts";
import type { LokiConfig } from "./config.ts";
import { type Fields, flatten, lineFormats } from "./line.ts";
import type { Labels } from "./streams.ts";

/** One line of a stream: nanoseconds as text, the line, and structured metadata if there is any. */
type Line = readonly [string, string] | readonly [string, string, Labels];

/** The body of a push. */
export interface Push {
  readonly streams: readonly { readonly stream: Labels; readonly values: readonly Line[] }[];
}

/** Finds the stream and the time of each entry. */
export interface Places {
  labelsOf(entry: LogEntryInstance): Labels;
  timeOf(entry: LogEntryInstance, stream: string, line: string): string;
}

/** Entries as streams of lines, in order. */
export function toPush(
  batch: readonly LogEntryInstance[],
  { format, metadata }: LokiConfig,
  { labelsOf, timeOf }: Places,
): Push {
  const streams = new Map<string, { stream: Labels; values: Line[] }>();
  for (const entry of batch) {
    const stream = labelsOf(entry);
    const key = JSON.stringify(stream);
    const found = streams.get(key) ?? { stream, values: [] };
    streams.set(key, found);
    const { inLine, beside } = divide(entry, metadata);
    const line = lineFormats[format](inLine);
    const time = timeOf(entry, key, line);
    found.values.push(Object.keys(beside).length === 0 ? [time, line] : [time, line, beside]);
  }
  return { streams: [...streams.values()] };
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
