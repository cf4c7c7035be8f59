import type { Json } from "../../schemas/model/access-log.ts";
import { ProtoReader, readText } from "./reader.ts";

/** A google.protobuf.Struct as plain JSON. */
export type JsonObject = { readonly [key: string]: Json };

/** Structs nested deeper are refused: three messages for each level, as protobuf's usual limit of 100. */
const maxDepth = 32;
/** Longer structs are refused; a node's metadata is the largest in use, at some tens of kB. */
const maxBytes = 1_048_576;

/** Reads a google.protobuf.Struct; undefined if it is malformed, nested deeper than 32 or longer than 1 MiB. */
export function parseStruct(bytes: Buffer, start: number, end: number): JsonObject | undefined {
  if (end - start > maxBytes) return undefined;
  const reader = new ProtoReader().reset(bytes, start, end);
  const value = readStruct(reader, bytes, 0);
  return reader.fault === undefined ? value : undefined;
}

/** Struct: repeated FieldsEntry fields = 1 { string key = 1; Value value = 2 }. No prototype, so that every key is data. */
function readStruct(reader: ProtoReader, bytes: Buffer, depth: number): JsonObject {
  if (depth > maxDepth) reader.fail("limit");
  const fields: { [key: string]: Json } = Object.create(null);
  while (reader.more) {
    const tag = reader.tag();
    if (tag === 10) readField(reader, bytes, depth, fields);
    else reader.skip(tag & 7);
  }
  return fields;
}

function readField(reader: ProtoReader, bytes: Buffer, depth: number, fields: { [key: string]: Json }): void {
  const outer = reader.enter();
  const { key, value } = readFieldsEntry(reader, bytes, depth);
  reader.leave(outer);
  fields[key] = value;
}

/** FieldsEntry, the reader confined to it. */
function readFieldsEntry(reader: ProtoReader, bytes: Buffer, depth: number): { key: string; value: Json } {
  let key = "";
  let value: Json = null;
  while (reader.more) {
    const tag = reader.tag();
    if (tag === 10) key = readText(reader, bytes);
    else if (tag === 18) value = readValue(reader, bytes, depth);
    else reader.skip(tag & 7);
  }
  return { key, value };
}

/** Reads one FieldsEntry of a Struct; undefined if it is malformed or nested too deep. */
export function parseField(bytes: Buffer, start: number, end: number): { key: string; value: Json } | undefined {
  const reader = new ProtoReader().reset(bytes, start, end);
  const field = readFieldsEntry(reader, bytes, 0);
  return reader.fault === undefined ? field : undefined;
}

/** Reads one Value; undefined if it is malformed or nested too deep. */
export function parseValue(bytes: Buffer, start: number, end: number): Json | undefined {
  const reader = new ProtoReader().reset(bytes, start, end);
  let value: Json = null;
  while (reader.more) value = readKind(reader, bytes, 0, value);
  return reader.fault === undefined ? value : undefined;
}

/** Value: oneof null_value = 1, number_value = 2, string_value = 3, bool_value = 4, struct_value = 5, list_value = 6. */
function readValue(reader: ProtoReader, bytes: Buffer, depth: number): Json {
  const outer = reader.enter();
  let value: Json = null;
  while (reader.more) value = readKind(reader, bytes, depth, value);
  reader.leave(outer);
  return value;
}

function readKind(reader: ProtoReader, bytes: Buffer, depth: number, before: Json): Json {
  const tag = reader.tag();
  switch (tag) {
    case 8:
      reader.varint();
      return null;
    case 17:
      return reader.double();
    case 26:
      return readText(reader, bytes);
    case 32:
      return reader.bool();
    case 42:
      return readWithin(reader, () => readStruct(reader, bytes, depth + 1));
    case 50:
      return readWithin(reader, () => readList(reader, bytes, depth + 1));
    default:
      reader.skip(tag & 7);
      return before;
  }
}

/** ListValue: repeated Value values = 1. */
function readList(reader: ProtoReader, bytes: Buffer, depth: number): Json[] {
  if (depth > maxDepth) reader.fail("limit");
  const list: Json[] = [];
  while (reader.more) {
    const tag = reader.tag();
    if (tag === 10) list.push(readValue(reader, bytes, depth));
    else reader.skip(tag & 7);
  }
  return list;
}

function readWithin<T>(reader: ProtoReader, read: () => T): T {
  const outer = reader.enter();
  const value = read();
  reader.leave(outer);
  return value;
}
