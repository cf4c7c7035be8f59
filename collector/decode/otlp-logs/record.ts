import type { AccessLogEntry } from "../../../schemas/model/access-log.ts";
import type { ByteCache } from "../byte-cache.ts";
import { checkAnyValue, checkKeyValue, readScalar, readText } from "../otlp/any-value.ts";
import { readUnixNanos } from "../otlp/unix-nanos.ts";
import { ProtoReader, type WireFault } from "../reader.ts";
import { toEntry } from "./entry.ts";
import { parseLine } from "./line.ts";
import { type LogName, logNameOf } from "./names.ts";

/** What can be wrong with a log record. */
export type LogFault = WireFault | "attributes" | "trace_id" | "span_id" | "not_access_log";

const maxAttributes = 4096;
const maxJsonLength = 262_144;

/** What a record holds, while it is read. */
interface Draft {
  time: ReturnType<typeof readUnixNanos>;
  traceId: string | undefined;
  spanId: string | undefined;
  body: string | undefined;
  readonly said: Map<LogName, string>;
}

/**
 * Reads a LogRecord (time_unix_nano = 1, body = 5, attributes = 6, trace_id = 9, span_id = 10) as an entry of an access log, or
 * says what is wrong with it. `logged`: its resource says that an access logger of Envoy wrote it, whatever its format.
 */
export function readRecord(
  bytes: Buffer,
  start: number,
  end: number,
  logged: boolean,
  texts: ByteCache<string>,
): AccessLogEntry | LogFault {
  const reader = new ProtoReader().reset(bytes, start, end);
  const draft: Draft = { time: undefined, traceId: undefined, spanId: undefined, body: undefined, said: new Map() };
  const labels = new Map<LogName, string>();
  for (let attributes = 0; reader.more; ) {
    const tag = reader.tag();
    if (tag === 9) draft.time = readUnixNanos(reader);
    else if (tag === 42) draft.body = readBody(reader, texts, labels);
    else if (tag === 50) {
      if (++attributes > maxAttributes) return "attributes";
      readLabel(reader, texts, labels);
    } else if (tag === 74 || tag === 82) {
      const id = readId(reader, bytes, tag === 74 ? 16 : 8);
      if (id === "wrong") return tag === 74 ? "trace_id" : "span_id";
      if (tag === 74) draft.traceId = id;
      else draft.spanId = id;
    } else reader.skip(tag & 7);
  }
  if (reader.fault !== undefined) return reader.fault;
  return finish(draft, labels, logged);
}

function finish({ time, traceId, spanId, body, said }: Draft, labels: Map<LogName, string>, logged: boolean) {
  const written = body === undefined ? undefined : body.startsWith("{") ? membersOf(body) : parseLine(body);
  for (const [name, value] of [...(written ?? []), ...labels]) said.set(name, value);
  if (!logged && !isAccessLog(said)) return "not_access_log";
  return toEntry(said, { startTime: time, traceId, spanId });
}

/** A request or connection shows in at least two of what every access log has. */
function isAccessLog(said: ReadonlyMap<LogName, string>): boolean {
  const telling: readonly LogName[] = [
    "method",
    "path",
    "code",
    "received",
    "sent",
    "duration",
    "cluster",
    "authority",
  ];
  return telling.filter((name) => said.has(name)).length >= 2;
}

/** The text of a body; of a map its members become labels. */
function readBody(reader: ProtoReader, texts: ByteCache<string>, labels: Map<LogName, string>): string | undefined {
  const outer = reader.enter();
  const start = reader.pos;
  checkAnyValue(reader, 0);
  let body: string | undefined;
  if (reader.fault === undefined) {
    reader.pos = start;
    const value = reader.bytes[start] === 50 ? readMap(reader, texts, labels) : readScalar(reader, undefined);
    if (typeof value === "string") body = value;
  }
  reader.leave(outer);
  return body;
}

/** kvlist_value = 6 { repeated KeyValue values = 1 }. */
function readMap(reader: ProtoReader, texts: ByteCache<string>, labels: Map<LogName, string>): undefined {
  reader.tag();
  const outer = reader.enter();
  while (reader.more) {
    const tag = reader.tag();
    if (tag === 10) readLabel(reader, texts, labels);
    else reader.skip(tag & 7);
  }
  reader.leave(outer);
}

/** KeyValue, behind its tag: kept if it has a name that access logs use, and a scalar. */
function readLabel(reader: ProtoReader, texts: ByteCache<string>, labels: Map<LogName, string>): void {
  const outer = reader.enter();
  const start = reader.pos;
  checkKeyValue(reader, 0);
  if (reader.fault === undefined) reader.pos = start;
  let name: LogName | undefined;
  while (reader.more) {
    const tag = reader.tag();
    if (tag === 10) name = logNameOf(readText(reader, texts));
    else if (tag !== 18 || name === undefined) reader.skip(tag & 7);
    else {
      const within = reader.enter();
      const value = readScalar(reader, texts);
      reader.leave(within);
      if (value !== undefined) labels.set(name, String(value));
    }
  }
  reader.leave(outer);
}

/** An id in lower-case hex; undefined where it is empty or all zero, which says that there is none. */
function readId(reader: ProtoReader, bytes: Buffer, length: number): string | undefined | "wrong" {
  const found = reader.length();
  const start = reader.pos;
  reader.pos += found;
  if (found !== length && found !== 0) return "wrong";
  const id = bytes.toString("hex", start, reader.pos);
  return /^0*$/.test(id) ? undefined : id;
}

/** What the members of a JSON text say; undefined if it is none. */
function membersOf(text: string): Map<LogName, string> | undefined {
  if (text.length > maxJsonLength) return undefined;
  try {
    const said = new Map<LogName, string>();
    for (const [member, value] of Object.entries(JSON.parse(text))) {
      const name = logNameOf(member);
      if (name !== undefined && (typeof value === "string" || typeof value === "number")) said.set(name, String(value));
    }
    return said;
  } catch {
    return undefined;
  }
}
