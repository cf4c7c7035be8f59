import type { PlainValue } from "../../../schemas/model/instance.ts";
import type { Int64, ValueType } from "../../../schemas/model/value.ts";
import { type ByteWriter, wire } from "./byte-writer.ts";

/** Types by attribute name, as instances declare them. */
export type AttributeTypes = Readonly<Record<string, ValueType>>;

/** Writes values by name as KeyValue messages of a repeated field. A value whose type is not given is taken as it looks. */
export function writeAttributes(
  writer: ByteWriter,
  field: number,
  values: Readonly<Record<string, PlainValue | undefined>>,
  types: AttributeTypes = {},
): void {
  for (const name in values) {
    const value = values[name];
    if (value !== undefined) writeAttribute(writer, field, name, value, types[name]);
  }
}

/** KeyValue: key = 1, value = 2. */
export function writeAttribute(
  writer: ByteWriter,
  field: number,
  key: string,
  value: PlainValue,
  type?: ValueType,
): void {
  const start = writer.begin(field);
  writer.text(1, key);
  writeAnyValue(writer, 2, value, type);
  writer.end(start);
}

/**
 * AnyValue: string = 1, bool = 2, int = 3, double = 4, kvlist = 6. A number is a double where that is its type or where it
 * is not whole; text is a number where its type says so and JSON could not hold it. TIMESTAMP and DURATION stay text.
 */
export function writeAnyValue(writer: ByteWriter, field: number, value: PlainValue, type?: ValueType): void {
  const start = writer.begin(field);
  if (typeof value === "string") writeTextual(writer, value, type);
  else if (typeof value === "number") writeNumeric(writer, value, type);
  else if (typeof value === "boolean") {
    writer.tag(2, wire.varint);
    writer.varint(value ? 1 : 0);
  } else {
    const list = writer.begin(6);
    writeAttributes(writer, 1, value);
    writer.end(list);
  }
  writer.end(start);
}

function writeNumeric(writer: ByteWriter, value: number, type: ValueType | undefined): void {
  if (type === "DOUBLE" || !Number.isSafeInteger(value)) writeDouble(writer, value);
  else writeInteger(writer, value);
}

function writeTextual(writer: ByteWriter, value: string, type: ValueType | undefined): void {
  const large = type === "INT64" ? parseInt64(value) : undefined;
  if (large !== undefined) writeInteger(writer, large);
  else if (type === "DOUBLE" && notFinite.has(value)) writeDouble(writer, Number(value));
  else writer.text(1, value);
}

function writeInteger(writer: ByteWriter, value: Int64): void {
  writer.tag(3, wire.varint);
  writer.int64(value);
}

function writeDouble(writer: ByteWriter, value: number): void {
  writer.tag(4, wire.fixed64);
  writer.double(value);
}

/** Doubles that JSON writes as text. */
const notFinite = new Set(["NaN", "Infinity", "-Infinity"]);

function parseInt64(text: string): bigint | undefined {
  if (!/^-?\d{1,19}$/.test(text)) return undefined;
  const value = BigInt(text);
  return BigInt.asIntN(64, value) === value ? value : undefined;
}
