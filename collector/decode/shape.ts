import { type ProtoReader, type WireFault, wire } from "./reader.ts";

/** How one known field must look on the wire. `map` is a map of text to text, or to messages that are left alone. */
export type FieldShape = "varint" | "double" | "bytes" | "map" | Shape;

/** The known fields of a message: what the walk checks, and where it notes them. */
export interface Shape {
  /** By tag: 0 is unknown or has the wrong wire type, else a sum of `placed`, `nested`, `repeated` and the index on the tape. */
  readonly codes: Int16Array;
  /** Wire type by field number; -1 is unknown. */
  readonly wires: Int8Array;
  /** Shape of a message by field number. */
  readonly nested: readonly (Shape | undefined)[];
}

/** The field is known. */
const known = 0x4000;
/** It is noted on the tape, at the index in the low bits. */
const placed = 0x2000;
/** It is a message with a shape. */
const shaped = 0x1000;
/** It comes many times: the tape holds the range from the first tag to the last end. */
const repeated = 0x800;
const indexBits = 0x7ff;

const mapEntry = defineShape({ 1: "bytes", 2: "bytes" });

/** Declares a message by field number. With a `base`, its fields are noted at the places from there on. */
export function defineShape(fields: Readonly<Record<number, FieldShape>>, base?: number): Shape {
  const numbers = Array.from({ length: Math.max(...Object.keys(fields).map(Number)) + 1 }, (_, field) => field);
  const codes = new Int16Array(numbers.length * 8);
  for (const [field, shape] of Object.entries(fields)) {
    const number = Number(field);
    const index = base === undefined ? 0 : placed + (base + number) * 2;
    const kind = (nestedOf(shape) ? shaped : 0) + (shape === "map" ? repeated : 0);
    codes[number * 8 + wireOf(shape)] = known + index + kind;
  }
  return {
    codes,
    wires: Int8Array.from(numbers, (field) => wireOf(fields[field])),
    nested: numbers.map((field) => nestedOf(fields[field])),
  };
}

function wireOf(shape: FieldShape | undefined): number {
  if (shape === undefined) return -1;
  if (shape === "varint") return wire.varint;
  return shape === "double" ? wire.fixed64 : wire.bytes;
}

function nestedOf(shape: FieldShape | undefined): Shape | undefined {
  if (shape === "map") return mapEntry;
  return typeof shape === "object" ? shape : undefined;
}

/**
 * Where the known fields of a message are: two numbers for each place, start and end, end 0 where the field is absent.
 * A field that comes twice is last-wins, also where protobuf would merge messages, except on tape, where fields merge.
 */
export type Tape = Int32Array;

/**
 * Passes once over a message, checks every field of the shape and of the shapes within, and notes those with a place on
 * the tape. Unknown fields are passed over. Gives what is wrong, if anything. `reader` is used on the way.
 * This runs for every field of every entry: short tags, lengths and varints are read in place, longer ones by the reader.
 */
export function walk(
  reader: ProtoReader,
  bytes: Uint8Array,
  start: number,
  end: number,
  shape: Shape,
  tape: Tape,
): WireFault | undefined {
  const { codes } = shape;
  let pos = start;
  while (pos < end) {
    const from = pos;
    let tag = bytes[pos++]!;
    if (tag > 127) {
      const second = pos < end ? bytes[pos++]! : 128;
      if (second < 128) tag = (tag & 127) | (second << 7);
      else {
        tag = reader.reset(bytes, from, end).tag();
        if (reader.fault !== undefined) return reader.fault;
        pos = reader.pos;
      }
    }
    const code = tag < codes.length ? codes[tag]! : 0;
    if (code === 0) {
      if (tag >>> 3 === 0) return "bad_tag";
      if ((shape.wires[tag >>> 3] ?? -1) !== -1) return "wire_type";
    }
    const wireType = tag & 7;
    let valueStart = pos;
    if (wireType === wire.bytes) {
      let length = pos < end ? bytes[pos++]! : 128;
      if (length > 127) {
        length = reader.reset(bytes, valueStart, end).length();
        if (reader.fault !== undefined) return reader.fault;
        pos = reader.pos;
      }
      valueStart = pos;
      pos += length;
      if (pos > end) return "truncated";
      if ((code & shaped) !== 0) {
        const fault = walk(reader, bytes, valueStart, pos, shape.nested[tag >>> 3]!, tape);
        if (fault !== undefined) return fault;
      }
    } else if (wireType === wire.varint) {
      while (pos < end && bytes[pos]! > 127) pos++;
      if (pos === end) return "truncated";
      if (pos - valueStart > 8 && (pos - valueStart > 9 || bytes[pos]! > 1)) return "overlong_varint";
      pos++;
    } else {
      reader.reset(bytes, pos, end).skip(wireType);
      if (reader.fault !== undefined) return reader.fault;
      pos = reader.pos;
    }
    if ((code & placed) === 0) continue;
    const index = code & indexBits;
    if ((code & repeated) === 0) tape[index] = valueStart;
    else if (tape[index + 1] === 0) tape[index] = from;
    tape[index + 1] = pos;
  }
  return undefined;
}
