import type { Json } from "../../../schemas/model/access-log.ts";
import { decodeText, ProtoReader } from "../reader.ts";
import { parseStruct } from "../struct.ts";
import { headerMapToJson } from "./header-map.ts";
import { base } from "./shapes.ts";

/** A decoded request as far as its fields are found by place. */
export interface Placed {
  readonly bytes: Buffer;
  has(place: number): boolean;
  span(place: number): { readonly start: number; readonly end: number };
  text(place: number): string | undefined;
  map(place: number): ReadonlyMap<string, string> | undefined;
}

/**
 * An AttributeContext in the form of opa-envoy's input: fields in lowerCamel, those not set and scalars of no value absent, messages that are
 * there kept even when empty, bytes in base64, numbers as numbers, structs as plain objects.
 */
export function contextToJson(check: Placed): Json {
  return present({
    source: peerToJson(check, 1, base.source),
    destination: peerToJson(check, 2, base.destination),
    request: requestToJson(check),
    contextExtensions: mapToJson(check, base.context + 10),
    metadataContext: metadataToJson(check, 11, base.metadata),
    tlsSession: check.has(base.context + 12) ? present({ sni: check.text(base.tls + 1) }) : undefined,
    routeMetadataContext: metadataToJson(check, 13, base.route),
  });
}

function peerToJson(check: Placed, field: number, at: number): Json | undefined {
  if (!check.has(base.context + field)) return undefined;
  return present({
    address: addressToJson(check, at + 1),
    service: check.text(at + 2),
    labels: mapToJson(check, at + 3),
    principal: check.text(at + 4),
    certificate: check.text(at + 5),
  });
}

/** Address: socket_address = 1 { protocol = 1, address = 2, port_value = 3, named_port = 4, ... }, pipe = 2 { path = 1 }. */
function addressToJson(check: Placed, place: number): Json | undefined {
  if (!check.has(place)) return undefined;
  const { start, end } = check.span(place);
  const fields = fieldsOf(check.bytes, start, end);
  const socket = fields.get(1);
  if (socket !== undefined && typeof socket !== "number") {
    const inner = fieldsOf(check.bytes, socket.start, socket.end);
    const textAt = (field: number) => textIn(check.bytes, inner.get(field));
    const port = inner.get(3);
    return {
      socketAddress: present({
        protocol: numberIn(inner.get(1)),
        address: textAt(2),
        portValue: numberIn(port),
        namedPort: textAt(4),
        resolverName: textAt(5),
      }),
    };
  }
  const pipe = fields.get(2);
  if (pipe === undefined || typeof pipe === "number") return {};
  return { pipe: present({ path: textIn(check.bytes, fieldsOf(check.bytes, pipe.start, pipe.end).get(1)) }) };
}

type Field = number | { readonly start: number; readonly end: number };

/** The last value of each field of a message: varints as numbers, others where they are. */
function fieldsOf(bytes: Buffer, start: number, end: number): ReadonlyMap<number, Field> {
  const reader = new ProtoReader().reset(bytes, start, end);
  const fields = new Map<number, Field>();
  while (reader.more) {
    const tag = reader.tag();
    if ((tag & 7) === 0) fields.set(tag >>> 3, reader.varint() >>> 0);
    else if ((tag & 7) === 2) {
      const length = reader.length();
      fields.set(tag >>> 3, { start: reader.pos, end: reader.pos + length });
      reader.pos += length;
    } else reader.skip(tag & 7);
  }
  return fields;
}

function textIn(bytes: Buffer, field: Field | undefined): string | undefined {
  return field === undefined || typeof field === "number"
    ? undefined
    : decodeText(bytes, field.start, field.end) || undefined;
}

const numberIn = (field: Field | undefined): number | undefined =>
  typeof field === "number" && field !== 0 ? field : undefined;

function requestToJson(check: Placed): Json | undefined {
  if (!check.has(base.context + 4)) return undefined;
  return present({ time: timeToJson(check), http: check.has(base.request + 2) ? httpToJson(check) : undefined });
}

function timeToJson(check: Placed): Json | undefined {
  if (!check.has(base.request + 1)) return undefined;
  const { start, end } = check.span(base.request + 1);
  const reader = new ProtoReader().reset(check.bytes, start, end);
  const time: { [name: string]: Json } = {};
  while (reader.more) {
    const tag = reader.tag();
    if (tag === 8) time.seconds = Number(reader.int64());
    else if (tag === 16) time.nanos = reader.varint();
    else reader.skip(tag & 7);
  }
  return present({ seconds: time.seconds || undefined, nanos: time.nanos || undefined });
}

function httpToJson(check: Placed): Json {
  const at = base.http;
  const text = (field: number) => check.text(at + field);
  const { start, end } = check.span(at + 13);
  return present({
    ...{ id: text(1), method: text(2), headers: mapToJson(check, at + 3), path: text(4), host: text(5) },
    ...{ scheme: text(6), query: text(7), fragment: text(8), size: sizeOf(check), protocol: text(10) },
    body: text(11),
    rawBody: rawBody(check),
    headerMap: check.has(at + 13) ? headerMapToJson(check.bytes, start, end) : undefined,
  });
}

function sizeOf(check: Placed): number | undefined {
  const { start, end } = check.span(base.http + 9);
  return end === 0 ? undefined : Number(new ProtoReader().reset(check.bytes, start, end).int64()) || undefined;
}

function rawBody(check: Placed): string | undefined {
  const { start, end } = check.span(base.http + 12);
  return end > start ? check.bytes.toString("base64", start, end) : undefined;
}

function mapToJson(check: Placed, place: number): Json | undefined {
  const map = check.map(place);
  return map === undefined ? undefined : toObject(map);
}

/** No prototype, so that every key is data. */
function toObject<T extends Json>(entries: Iterable<readonly [string, T]>): { [key: string]: Json } {
  const object: { [key: string]: Json } = Object.create(null);
  for (const [key, value] of entries) object[key] = value;
  return object;
}

/** Metadata: map<string, Struct> filter_metadata = 1. */
function metadataToJson(check: Placed, field: number, at: number): Json | undefined {
  if (!check.has(base.context + field)) return undefined;
  if (!check.has(at + 1)) return {};
  const { start, end } = check.span(at + 1);
  const reader = new ProtoReader().reset(check.bytes, start, end);
  const structs: (readonly [string, Json])[] = [];
  while (reader.more) {
    const tag = reader.tag();
    if (tag !== 10) {
      reader.skip(tag & 7);
      continue;
    }
    const length = reader.length();
    const entry = fieldsOf(check.bytes, reader.pos, reader.pos + length);
    reader.pos += length;
    const struct = entry.get(2);
    const value =
      struct === undefined || typeof struct === "number" ? {} : parseStruct(check.bytes, struct.start, struct.end);
    if (value !== undefined) structs.push([textIn(check.bytes, entry.get(1)) ?? "", value]);
  }
  return { filterMetadata: toObject(structs) };
}

/** An object without the members that are undefined. */
function present(members: Readonly<Record<string, Json | undefined>>): { readonly [key: string]: Json } {
  const object: { [key: string]: Json } = {};
  for (const [name, value] of Object.entries(members)) if (value !== undefined) object[name] = value;
  return object;
}
