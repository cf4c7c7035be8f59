import type { Json } from "../../../schemas/model/access-log.ts";
import { type ByteWriter, wire } from "../../../schemas/model/byte-writer.ts";

/** Values nested deeper are left out, as readers of protobuf refuse them. */
const MAX_DEPTH = 30;

/** Writes the fields of a google.protobuf.Struct: fields = 1 { key = 1, value = 2 }. */
export function writeStruct(writer: ByteWriter, struct: { readonly [key: string]: Json }, depth = 0): void {
  for (const [key, value] of Object.entries(struct)) {
    const entry = writer.begin(1);
    writer.text(1, key);
    writeValue(writer, 2, value, depth);
    writer.end(entry);
  }
}

/** Value: oneof null_value = 1, number_value = 2, string_value = 3, bool_value = 4, struct_value = 5, list_value = 6 { values = 1 }. */
function writeValue(writer: ByteWriter, field: number, value: Json, depth: number): void {
  const mark = writer.begin(field);
  if (typeof value === "string") writer.text(3, value);
  else if (typeof value === "boolean") writeVarint(writer, 4, value ? 1 : 0);
  else if (typeof value === "number") {
    writer.tag(2, wire.fixed64);
    writer.double(value);
  } else if (value === null || depth > MAX_DEPTH) writeVarint(writer, 1, 0);
  else writeNested(writer, value, depth + 1);
  writer.end(mark);
}

function writeNested(
  writer: ByteWriter,
  value: readonly Json[] | { readonly [key: string]: Json },
  depth: number,
): void {
  const isList = Array.isArray(value);
  const mark = writer.begin(isList ? 6 : 5);
  if (isList) for (const item of value) writeValue(writer, 1, item, depth);
  else writeStruct(writer, value as { readonly [key: string]: Json }, depth);
  writer.end(mark);
}

function writeVarint(writer: ByteWriter, field: number, value: number): void {
  writer.tag(field, wire.varint);
  writer.varint(value);
}
