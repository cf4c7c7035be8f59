import type { EdgeInstance, InstanceDeclaration, LogEntryInstance, Severity } from "../../../schemas/model/instance.ts";
import { flatPeers } from "../flat-object.ts";
import { type AttributeTypes, writeAnyValue, writeAttribute, writeAttributes } from "./attributes.ts";
import { type ByteWriter, wire } from "./byte-writer.ts";
import { createEncoder, type Encoder, typesOf } from "./encoder.ts";
import type { ResourceAttributes } from "./envelope.ts";
import { toTimestamp, writeId, writeNumber, writeText, writeTime } from "./fields.ts";

/** What becomes a log record. */
export type Logged = LogEntryInstance | EdgeInstance;

/** How log records are made. */
export interface LogEncoding {
  readonly instances: readonly InstanceDeclaration[];
  /** Attributes of every resource, beside `service.name`. */
  readonly resource: ResourceAttributes;
  serviceOf(instance: Logged): string;
  /** The body of a record; none without it. */
  body?(entry: LogEntryInstance): string;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Turns log entries and edges into OTLP log records. */
export function createLogEncoder({ instances, resource, serviceOf, body, now }: LogEncoding): Encoder<Logged> {
  const types = typesOf(instances);
  return createEncoder<Logged>({
    resource,
    serviceOf,
    write(writer, instance) {
      const record = writer.begin(2);
      if (instance.template === "edge") writeEdge(writer, instance);
      else writeEntry(writer, instance, types.get(instance.instance), body?.(instance));
      writeTime(writer, 11, toTimestamp(now()));
      writer.text(12, instance.template === "edge" ? edgeEvent : instance.instance);
      writer.end(record);
    },
  });
}

/** `event_name` of edges; that of log entries is the name of their instance. */
export const edgeEvent = "mixdown.edge";

/** SeverityNumber: the first of each range. */
const severityNumbers: Record<Severity, number> = { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 };
/** Bit of `flags`: the trace was sampled. */
const sampled = 1;

/**
 * LogRecord: time_unix_nano = 1, severity_number = 2, severity_text = 3, body = 5, attributes = 6, flags = 8,
 * trace_id = 9, span_id = 10, observed_time_unix_nano = 11, event_name = 12.
 */
function writeEntry(writer: ByteWriter, entry: LogEntryInstance, types?: AttributeTypes, body?: string): void {
  writeTime(writer, 1, entry.time);
  writeNumber(writer, 2, severityNumbers[entry.severity]);
  writeText(writer, 3, entry.severity.toUpperCase());
  if (body !== undefined) writeAnyValue(writer, 5, body);
  writeAttributes(writer, 6, entry.variables, types);
  if (entry.weight !== 1) writeAttribute(writer, 6, "mixdown.weight", entry.weight, "DOUBLE");
  if (entry.traceId !== undefined) {
    writer.tag(8, wire.fixed32);
    writer.fixed32(sampled);
  }
  writeId(writer, 9, entry.traceId, 32);
  writeId(writer, 10, entry.spanId, 16);
}

function writeEdge(writer: ByteWriter, edge: EdgeInstance): void {
  writeTime(writer, 1, edge.time);
  writeNumber(writer, 2, severityNumbers.info);
  writeText(writer, 3, "INFO");
  writeAttributes(writer, 6, { ...flatPeers(edge), protocol: edge.protocol });
}
