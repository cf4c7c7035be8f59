import { type ByteWriter, wire } from "../../../schemas/model/byte-writer.ts";
import type { ZipkinEndpoint, ZipkinSpan, ZipkinText } from "./span.ts";

/** Tags that say what a field of OTLP says, and so become that field. */
const fieldTags: ReadonlySet<string> = new Set([
  ...["otel.status_code", "otel.status_description", "w3c.tracestate"],
  ...["otel.scope.name", "otel.scope.version", "otel.library.name", "otel.library.version"],
  ...["otel.dropped_attributes_count", "otel.dropped_events_count", "otel.dropped_links_count"],
]);

/** Tags that tell of the process, as OpenTelemetry's conventions name them. */
const resourceTag =
  /^(?:(?:k8s|host|cloud|process|container|os|device|faas|telemetry\.sdk|deployment)\..|service\.(?:version|instance\.id|namespace)$)/;

/** What a span says of its process and of its scope: spans that say the same are written together. */
export interface ZipkinGroup {
  readonly resource: readonly (readonly [string, ZipkinText])[];
  readonly scopeName: string;
  readonly scopeVersion: string;
}

/** The group of a span. */
export function groupOf({ local, tags }: ZipkinSpan): ZipkinGroup {
  const service = local.serviceName;
  return {
    resource: [
      ...(service === undefined ? [] : [["service.name", service] as const]),
      ...[...tags].filter(([name]) => resourceTag.test(name)),
    ],
    scopeName: textOf(tags.get("otel.scope.name") ?? tags.get("otel.library.name")),
    scopeVersion: textOf(tags.get("otel.scope.version") ?? tags.get("otel.library.version")),
  };
}

/** Text of a tag; empty if it is absent. */
function textOf(value: ZipkinText | undefined): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : Buffer.from(value).toString("utf8");
}

/** Writes a span as a field of its scope, by OpenTelemetry's mapping of Zipkin read backwards. */
export function writeZipkinSpan(writer: ByteWriter, field: number, span: ZipkinSpan): void {
  const { tags } = span;
  const mark = writer.begin(field);
  writer.hex(1, span.traceId);
  writer.hex(2, span.id);
  writeText(writer, 3, textOf(tags.get("w3c.tracestate")));
  if (span.parentId !== undefined) writer.hex(4, span.parentId);
  writeText(writer, 5, span.name);
  writer.tag(6, wire.varint);
  writer.varint(span.kind);
  writeTimes(writer, span);
  writeAttributes(writer, span);
  writeCount(writer, 10, tags.get("otel.dropped_attributes_count"));
  for (const { timestamp, value } of span.annotations) writeEvent(writer, timestamp, value);
  writeCount(writer, 12, tags.get("otel.dropped_events_count"));
  writeCount(writer, 14, tags.get("otel.dropped_links_count"));
  writeStatus(writer, span);
  writer.end(mark);
}

/** A partial span has no start: then its end is its duration, and an attribute says so, as the Collector has it. */
function writeTimes(writer: ByteWriter, { timestamp, duration = 0n }: ZipkinSpan): void {
  if (timestamp !== undefined) writeNanos(writer, 7, timestamp * 1000n);
  writeNanos(writer, 8, ((timestamp ?? 0n) + duration) * 1000n);
}

function writeNanos(writer: ByteWriter, field: number, nanos: bigint): void {
  const cut = BigInt.asUintN(64, nanos);
  writer.tag(field, wire.fixed64);
  writer.fixed64(Number(cut & 0xffff_ffffn), Number(cut >> 32n));
}

function writeAttributes(writer: ByteWriter, span: ZipkinSpan): void {
  const { tags, local, remote } = span;
  for (const [name, value] of tags) {
    if (!fieldTags.has(name) && !resourceTag.test(name) && !isPlainError(name, value))
      writeAttribute(writer, 9, name, value);
  }
  writeEndpoint(writer, local, "network.local", tags);
  writeEndpoint(writer, remote, "network.peer", tags);
  if (remote.serviceName !== undefined && !tags.has("peer.service"))
    writeAttribute(writer, 9, "peer.service", remote.serviceName);
  if (span.timestamp === undefined) writeFlag(writer, "otel.zipkin.absentField.startTime");
  if (span.shared) writeFlag(writer, "zipkin.shared");
  if (span.debug) writeFlag(writer, "zipkin.debug");
}

/** An error of which nothing is told but that it is one, which the status says. */
function isPlainError(name: string, value: ZipkinText): boolean {
  if (name !== "error") return false;
  const text = textOf(value);
  return text === "" || text === "true";
}

function writeEndpoint(
  writer: ByteWriter,
  { ip, port }: ZipkinEndpoint,
  prefix: string,
  tags: ReadonlyMap<string, ZipkinText>,
): void {
  if (ip !== undefined && !tags.has(`${prefix}.address`)) writeAttribute(writer, 9, `${prefix}.address`, ip);
  if (port !== undefined && !tags.has(`${prefix}.port`)) {
    const mark = writer.begin(9);
    writer.text(1, `${prefix}.port`);
    const value = writer.begin(2);
    writer.tag(3, wire.varint);
    writer.varint(port);
    writer.end(value);
    writer.end(mark);
  }
}

/** Writes a text as KeyValue { key = 1, value = 2 AnyValue { string_value = 1 } }. */
export function writeAttribute(writer: ByteWriter, field: number, key: string, text: ZipkinText): void {
  const mark = writer.begin(field);
  writer.text(1, key);
  const value = writer.begin(2);
  if (typeof text === "string") writer.text(1, text);
  else writer.bytes(1, text);
  writer.end(value);
  writer.end(mark);
}

function writeFlag(writer: ByteWriter, key: string): void {
  const mark = writer.begin(9);
  writer.text(1, key);
  const value = writer.begin(2);
  writer.tag(2, wire.varint);
  writer.varint(1);
  writer.end(value);
  writer.end(mark);
}

function writeText(writer: ByteWriter, field: number, text: ZipkinText): void {
  if (text.length === 0) return;
  if (typeof text === "string") writer.text(field, text);
  else writer.bytes(field, text);
}

function writeCount(writer: ByteWriter, field: number, tag: ZipkinText | undefined): void {
  const text = textOf(tag);
  if (!/^\d{1,9}$/.test(text)) return;
  writer.tag(field, wire.varint);
  writer.varint(Number(text));
}

/** OpenTelemetry's SDKs write an event as `"name": {attributes}`; any other annotation is the name of an event. */
const eventForm = /^"((?:[^"\\]|\\.)*)"\s*:\s*(\{.*\})$/s;

function writeEvent(writer: ByteWriter, timestamp: bigint, value: ZipkinText): void {
  const mark = writer.begin(11);
  if (timestamp > 0n) writeNanos(writer, 1, timestamp * 1000n);
  const parts = eventForm.exec(textOf(value));
  const attributes = parts === null ? undefined : membersOf(parts[2] as string);
  if (parts === null || attributes === undefined) writeText(writer, 2, value);
  else {
    writer.text(2, unquoted(parts[1] as string));
    for (const [name, text] of attributes) writeAttribute(writer, 3, name, text);
  }
  writer.end(mark);
}

function unquoted(escaped: string): string {
  try {
    return JSON.parse(`"${escaped}"`);
  } catch {
    return escaped;
  }
}

function membersOf(json: string): [string, string][] | undefined {
  try {
    return Object.entries(JSON.parse(json)).map(([name, value]) => [
      name,
      typeof value === "string" ? value : JSON.stringify(value),
    ]);
  } catch {
    return undefined;
  }
}

const OK = 1;
const ERROR = 2;

/** Status: message = 2, code = 3. */
function writeStatus(writer: ByteWriter, { tags }: ZipkinSpan): void {
  const named = textOf(tags.get("otel.status_code")).toUpperCase();
  const error = tags.get("error");
  const failed = named === "ERROR" || (named !== "OK" && error !== undefined && textOf(error) !== "false");
  if (!failed && named !== "OK") return;
  const reason =
    textOf(tags.get("otel.status_description")) ||
    (failed && error && !isPlainError("error", error) ? textOf(error) : "");
  const mark = writer.begin(15);
  writeText(writer, 2, reason);
  writer.tag(3, wire.varint);
  writer.varint(failed ? ERROR : OK);
  writer.end(mark);
}
