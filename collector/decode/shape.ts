import { type ProtoReader, wire } from "./reader.ts";

/** How one known field must look on the wire. */
export type FieldShape = "varint" | "double" | "bytes" | "map" | Shape;

/** The known fields of a message: what the walk checks, and where it notes them. */
export interface Shape {
  /** First place of the message's fields on the tape; undefined if they are checked and not noted. */
  readonly base: number | undefined;
  /** Wire type by field number; -1 is unknown. */
  readonly wires: readonly number[];
  /** Shape of a message by field number. */
  readonly nested: readonly (Shape | undefined)[];
  /** Whether a field may come many times, in which case the tape holds the range from the first tag to the last end. */
  readonly repeated: readonly boolean[];
}

const mapEntry = defineShape({ 1: "bytes", 2: "bytes" });

/** Declares a message by field number. `map` is a map of text to text, or to opaque messages. */
export function defineShape(fields: Readonly<Record<number, FieldShape>>, base?: number): Shape {
  const size = Math.max(...Object.keys(fields).map(Number)) + 1;
  const at = (field: number) => fields[field];
  const numbers = Array.from({ length: size }, (_, field) => field);
  return {
    base,
    wires: numbers.map((field) => wireOf(at(field))),
    nested: numbers.map((field) => nestedOf(at(field))),
    repeated: numbers.map((field) => at(field) === "map"),
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
 * Passes once over the reader's range, checks every field of the shape and of the shapes within, and notes those of
 * shapes with a base on the tape. Unknown fields are passed over. False, with the reader's fault, if anything is wrong.
 */
export function walk(reader: ProtoReader, shape: Shape, tape: Tape): boolean {
  const { base, wires, nested, repeated } = shape;
  while (reader.pos < reader.end) {
    const from = reader.pos;
    const tag = reader.tag();
    const field = tag >>> 3;
    const wireType = tag & 7;
    const known = field < wires.length && wires[field] !== -1;
    if (known && wires[field] !== wireType) {
      reader.fail("wire_type");
      return false;
    }
    let start = reader.pos;
    if (wireType === wire.bytes) {
      const outer = reader.enter();
      start = reader.pos;
      const inner = known ? nested[field] : undefined;
      if (inner !== undefined && !walk(reader, inner, tape)) return false;
      reader.leave(outer);
    } else reader.skip(wireType);
    if (known && base !== undefined)
      note(tape, (base + field) * 2, repeated[field] ? from : start, reader.pos, repeated[field]!);
  }
  return reader.fault === undefined;
}

function note(tape: Tape, place: number, start: number, end: number, repeated: boolean): void {
  if (!repeated || tape[place + 1] === 0) tape[place] = start;
  tape[place + 1] = end;
}
