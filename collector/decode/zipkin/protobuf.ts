import { parseIp } from "../../../schemas/model/ip.ts";
import { spanKind } from "../../../schemas/model/span.ts";
import { ProtoReader } from "../reader.ts";
import {
  toParentId,
  toSpanId,
  toTraceId,
  type ZipkinEndpoint,
  ZipkinFault,
  type ZipkinSpan,
  type ZipkinText,
} from "./span.ts";

/** Kind of zipkin.proto3 (unspecified, CLIENT, SERVER, PRODUCER, CONSUMER) as SpanKind of OTLP. */
const kinds = [spanKind.internal, spanKind.client, spanKind.server, spanKind.producer, spanKind.consumer];

const maxTags = 4096;
const maxAnnotations = 4096;

/** Where the spans of a ListOfSpans (spans = 1) are: two numbers for each; undefined if its framing is broken. */
export function findZipkinSpans(
  bytes: Buffer,
  maxSpans: number,
): { readonly bounds: number[]; readonly beyond: number } | undefined {
  const reader = new ProtoReader().reset(bytes, 0, bytes.length);
  const bounds: number[] = [];
  let beyond = 0;
  while (reader.more) {
    const tag = reader.tag();
    if (tag >>> 3 === 1 && tag !== 10) reader.fail("wire_type");
    if (tag !== 10) {
      reader.skip(tag & 7);
      continue;
    }
    const length = reader.length();
    if (bounds.length < maxSpans * 2) bounds.push(reader.pos, reader.pos + length);
    else beyond++;
    reader.pos += length;
  }
  return reader.fault === undefined ? { bounds, beyond } : undefined;
}

/**
 * Reads a zipkin.proto3.Span: trace_id = 1, parent_id = 2, id = 3, kind = 4, name = 5, timestamp = 6 (fixed64), duration = 7,
 * local_endpoint = 8, remote_endpoint = 9, annotations = 10, tags = 11, debug = 12, shared = 13. Throws a ZipkinFault.
 */
export function readZipkinSpan(bytes: Buffer, start: number, end: number): ZipkinSpan {
  const reader = new ProtoReader().reset(bytes, start, end);
  const ids = { trace: "", parent: "", span: "" };
  const tags = new Map<string, ZipkinText>();
  const annotations: { timestamp: bigint; value: ZipkinText }[] = [];
  let [kind, name, timestamp, duration] = [0, "" as ZipkinText, 0n, 0n];
  let [local, remote]: ZipkinEndpoint[] = [{}, {}];
  let [debug, shared] = [false, false];
  while (reader.more) {
    const tag = reader.tag();
    if (tag === 10) ids.trace = hexOf(reader, bytes);
    else if (tag === 18) ids.parent = hexOf(reader, bytes);
    else if (tag === 26) ids.span = hexOf(reader, bytes);
    else if (tag === 32) kind = reader.varint();
    else if (tag === 42) name = textOf(reader, bytes);
    else if (tag === 49) timestamp = fixed64Of(reader, bytes);
    else if (tag === 56) duration = varintOf(reader);
    else if (tag === 66) local = readEndpoint(reader, bytes);
    else if (tag === 74) remote = readEndpoint(reader, bytes);
    else if (tag === 82) annotations.push(readAnnotation(reader, bytes));
    else if (tag === 90) readTag(reader, bytes, tags);
    else if (tag === 96) debug = reader.bool();
    else if (tag === 104) shared = reader.bool();
    else reader.skip(tag & 7);
    if (tags.size > maxTags) throw new ZipkinFault(`expected at most ${maxTags} tags`);
    if (annotations.length > maxAnnotations) throw new ZipkinFault(`expected at most ${maxAnnotations} annotations`);
  }
  if (reader.fault !== undefined) throw new ZipkinFault(`expected a span of zipkin.proto3, got broken framing`);
  const id = toSpanId(ids.span);
  return {
    traceId: toTraceId(ids.trace),
    id,
    parentId: toParentId(ids.parent, id),
    name,
    kind: kinds[kind] ?? spanKind.internal,
    timestamp: timestamp || undefined,
    duration: duration || undefined,
    local: local ?? {},
    remote: remote ?? {},
    annotations,
    tags,
    debug,
    shared,
  };
}

function hexOf(reader: ProtoReader, bytes: Buffer): string {
  const length = reader.length();
  reader.pos += length;
  return bytes.toString("hex", reader.pos - length, reader.pos);
}

function textOf(reader: ProtoReader, bytes: Buffer): Uint8Array {
  const length = reader.length();
  reader.pos += length;
  return bytes.subarray(reader.pos - length, reader.pos);
}

function fixed64Of(reader: ProtoReader, bytes: Buffer): bigint {
  reader.skip(1);
  return reader.fault === undefined ? bytes.readBigUInt64LE(reader.pos - 8) : 0n;
}

function varintOf(reader: ProtoReader): bigint {
  reader.varint();
  return (BigInt(reader.high) << 32n) | BigInt(reader.low);
}

/** Endpoint: service_name = 1, ipv4 = 2, ipv6 = 3, port = 4. */
function readEndpoint(reader: ProtoReader, bytes: Buffer): ZipkinEndpoint {
  const outer = reader.enter();
  let serviceName: Uint8Array | undefined;
  let ip: string | undefined;
  let port = 0;
  while (reader.more) {
    const tag = reader.tag();
    if (tag === 10) serviceName = textOf(reader, bytes);
    else if (tag === 18) ip = [...textOf(reader, bytes)].join(".");
    else if (tag === 26) ip ??= ipv6Of(textOf(reader, bytes));
    else if (tag === 32) port = reader.varint();
    else reader.skip(tag & 7);
  }
  reader.leave(outer);
  const named = serviceName !== undefined && serviceName.length > 0 ? serviceName : undefined;
  return { serviceName: named, ip: ip && parseIp(ip), port: port > 0 && port < 65_536 ? port : undefined };
}

function ipv6Of(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString("hex")
    .replace(/(.{4})(?!$)/g, "$1:");
}

/** Annotation: timestamp = 1 (fixed64), value = 2. */
function readAnnotation(reader: ProtoReader, bytes: Buffer): { timestamp: bigint; value: ZipkinText } {
  const outer = reader.enter();
  let timestamp = 0n;
  let value: ZipkinText = "";
  while (reader.more) {
    const tag = reader.tag();
    if (tag === 9) timestamp = fixed64Of(reader, bytes);
    else if (tag === 18) value = textOf(reader, bytes);
    else reader.skip(tag & 7);
  }
  reader.leave(outer);
  return { timestamp, value };
}

/** An entry of map<string, string>: key = 1, value = 2. */
function readTag(reader: ProtoReader, bytes: Buffer, tags: Map<string, ZipkinText>): void {
  const outer = reader.enter();
  let key = "";
  let value: ZipkinText = "";
  while (reader.more) {
    const tag = reader.tag();
    if (tag === 10) key = Buffer.from(textOf(reader, bytes)).toString("utf8");
    else if (tag === 18) value = textOf(reader, bytes);
    else reader.skip(tag & 7);
  }
  reader.leave(outer);
  tags.set(key, value);
}
