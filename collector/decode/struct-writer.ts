import type { Json } from "../../schemas/model/access-log.ts";
import type { ByteWriter } from "../../schemas/model/byte-writer.ts";

/** Writes a google.protobuf.Struct, the message itself opened already. */
export function writeStruct(writer: ByteWriter, fields: { readonly [key: string]: Json }): void {
  for (const [key, value] of Object.entries(fields)) {
    const entry = writer.begin(1);
    writer.text(1, key);
    writeValue(writer, 2, value);
    writer.end(entry);
  }
}

/** Value: oneof null_value = 1, number_value = 2, string_value = 3, bool_value = 4, struct_value = 5, list_value = 6. */
function writeValue(writer: ByteWriter, field: number, value: Json): void {
  const start = writer.begin(field);
  if (value === null) {
    writer.tag(1, 0);
    writer.varint(0);
  } else if (typeof value === "number") {
    writer.tag(2, 1);
    writer.double(value);
  } else if (typeof value === "string") writer.text(3, value);
  else if (typeof value === "boolean") {
    writer.tag(4, 0);
    writer.varint(value ? 1 : 0);
  } else if (Array.isArray(value)) {
    const list = writer.begin(6);
    for (const item of value) writeValue(writer, 1, item as Json);
    writer.end(list);
  } else {
    const struct = writer.begin(5);
    writeStruct(writer, value as { readonly [key: string]: Json });
    writer.end(struct);
  }
  writer.end(start);
}
