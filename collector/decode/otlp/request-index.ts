import { ProtoReader, type WireFault, wire } from "../reader.ts";

/** A request whose own framing is broken: nothing of it was taken. */
export class OtlpError extends Error {
  readonly fault: WireFault;

  constructor(fault: WireFault) {
    super(`not an OTLP export request: ${meanings[fault]}`);
    this.name = "OtlpError";
    this.fault = fault;
  }
}

const meanings: Record<WireFault, string> = {
  truncated: "a field is longer than what is left",
  overlong_varint: "a varint has more than 64 bits",
  bad_tag: "a field has no valid number",
  wire_type: "a field has a wire type that it cannot have",
  limit: "something is longer than is taken",
};

/** A message of the request: the range of its bytes without tag and length. */
export interface Section {
  readonly start: number;
  readonly end: number;
  /** What the message is within: its place among the sections above it; 0 for resources. */
  readonly parent: number;
}

/** Where everything is in an export request, whatever its signal. Items are spans, log records or metrics. */
export interface RequestIndex {
  readonly bytes: Buffer;
  /** ResourceSpans, ResourceLogs or ResourceMetrics. */
  readonly resources: readonly Section[];
  /** ScopeSpans, ScopeLogs or ScopeMetrics. */
  readonly scopes: readonly Section[];
  /** Four numbers for each item: where its tag is, where its bytes start and end, its scope. */
  readonly items: readonly number[];
  readonly count: number;
  /** Items beyond the limit, which are not in the list. */
  readonly beyond: number;
}

/** Numbers that an item takes in the list. */
export const itemWidth = 4;

/** The one field of a request, and the one of resources and of scopes that holds what is below. */
const resourcesField = 1;
const listField = 2;

/**
 * Finds the resources, scopes and items of a request without reading any of them. All signals have the same numbers here:
 * Export*ServiceRequest: Resource* = 1; Resource*: resource = 1, scopes = 2, schema_url = 3; Scope*: scope = 1, items = 2, schema_url = 3.
 * Throws OtlpError if these do not fit into one another.
 */
export function indexRequest(message: Uint8Array, maxItems: number): RequestIndex {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  const reader = new ProtoReader().reset(bytes, 0, bytes.length);
  const resources: Section[] = [];
  const scopes: Section[] = [];
  const items: number[] = [];
  let beyond = 0;

  eachMessage(reader, resourcesField, () => {
    const resource = resources.push({ start: reader.pos, end: reader.end, parent: 0 }) - 1;
    eachMessage(reader, listField, () => {
      const scope = scopes.push({ start: reader.pos, end: reader.end, parent: resource }) - 1;
      eachMessage(reader, listField, (tagAt) => {
        if (items.length < maxItems * itemWidth) items.push(tagAt, reader.pos, reader.end, scope);
        else beyond++;
        reader.pos = reader.end;
      });
    });
  });
  if (reader.fault !== undefined) throw new OtlpError(reader.fault);
  return { bytes, resources, scopes, items, count: items.length / itemWidth, beyond };
}

/** Enters every message with this field number in the reader's range, and passes over the other fields. */
function eachMessage(reader: ProtoReader, field: number, visit: (tagAt: number) => void): void {
  while (reader.more) {
    const tagAt = reader.pos;
    const tag = reader.tag();
    if (tag >>> 3 !== field) reader.skip(tag & 7);
    else if ((tag & 7) !== wire.bytes) reader.fail("wire_type");
    else {
      const outer = reader.enter();
      visit(tagAt);
      reader.leave(outer);
    }
  }
}
