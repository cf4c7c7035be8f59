import type { Json } from "../../../schemas/model/access-log.ts";
import { type ByteWriter, wire } from "../../../schemas/model/byte-writer.ts";

/** A member that is not what its name says; `path` leads to it. */
export class Misfit extends Error {
  constructor(expected: string) {
    super(`expected ${expected}`);
    this.name = "Misfit";
  }

  /** Names the member that the misfit is in. */
  within(name: string): this {
    this.message = `${name}${this.message.startsWith("expected") ? ": " : "."}${this.message}`;
    return this;
  }
}

/** A number has lost digits: the text is to be read again with `exact`. */
export class LostDigits extends Misfit {
  constructor() {
    super("a whole number of 64 bits as text");
    this.name = "LostDigits";
  }
}

/** Writes a member's value as a field. Throws a Misfit for what it cannot be. */
export type WriteField = (writer: ByteWriter, field: number, value: Json | bigint) => void;

/** The fields of a message by their names in JSON. */
export type Fields = Readonly<Record<string, readonly [field: number, write: WriteField]>>;

/** Reads JSON text so that whole numbers beyond 2^53 keep all their digits, as bigints. */
export function parseExactly(text: string): Json {
  return JSON.parse(text, function keep(
    this: unknown,
    _name: string,
    value: unknown,
    ...[context]: [{ source?: string }?]
  ) {
    const source = typeof value === "number" && !Number.isSafeInteger(value) ? context?.source : undefined;
    return source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value;
  } as (name: string, value: unknown) => unknown);
}

/** A message: known members are written, unknown ones and null passed over. Older senders write names with underscores. */
export function message(fields: Fields): WriteField {
  return (writer, field, value) => {
    const mark = writer.begin(field);
    writeMembers(writer, fields, value);
    writer.end(mark);
  };
}

/** The members of an object as fields, without a message around them. */
export function writeMembers(writer: ByteWriter, fields: Fields, value: Json | bigint): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Misfit("an object");
  for (const [name, member] of Object.entries(value)) {
    if (member === null) continue;
    const known = fieldOf(fields, name);
    if (known === undefined) continue;
    try {
      known[1](writer, known[0], member);
    } catch (error) {
      throw error instanceof Misfit ? error.within(name) : error;
    }
  }
}

function fieldOf(fields: Fields, name: string): Fields[string] | undefined {
  if (Object.hasOwn(fields, name)) return fields[name];
  const camel = name.includes("_") ? name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()) : name;
  return camel !== name && Object.hasOwn(fields, camel) ? fields[camel] : undefined;
}

/** A repeated field. */
export function list(write: WriteField): WriteField {
  return (writer, field, value) => {
    if (!Array.isArray(value)) throw new Misfit("a list");
    for (const [place, item] of value.entries()) {
      try {
        write(writer, field, item);
      } catch (error) {
        throw error instanceof Misfit ? error.within(`[${place}]`) : error;
      }
    }
  };
}

/** A text. */
export const text: WriteField = (writer, field, value) => {
  if (typeof value !== "string") throw new Misfit("text");
  writer.text(field, value);
};

/** Bytes in hexadecimal digits, any case; nothing, or exactly this many bytes. */
export function hex(length: number): WriteField {
  return (writer, field, value) => {
    const digits = typeof value === "string" ? value : "-";
    if (digits === "") return;
    if (digits.length !== length * 2 || !/^[0-9a-f]+$/i.test(digits))
      throw new Misfit(`${length * 2} hexadecimal digits`);
    writer.hex(field, digits);
  };
}

/** Bytes in base64, with either alphabet. */
export const base64: WriteField = (writer, field, value) => {
  if (typeof value !== "string" || !/^[A-Za-z0-9+/_-]*={0,2}$/.test(value)) throw new Misfit("bytes in base64");
  writer.bytes(field, Buffer.from(value, "base64"));
};

/** true or false. */
export const bool: WriteField = (writer, field, value) => {
  if (typeof value !== "boolean") throw new Misfit("true or false");
  writer.tag(field, wire.varint);
  writer.varint(value ? 1 : 0);
};

/** A uint32 as a varint. */
export const uint32: WriteField = (writer, field, value) => {
  writer.tag(field, wire.varint);
  writer.varint(Number(integer(value, 0n, 0xffff_ffffn)));
};

/** A sint32, in zigzag. */
export const sint32: WriteField = (writer, field, value) => {
  const number = Number(integer(value, -0x8000_0000n, 0x7fff_ffffn));
  writer.tag(field, wire.varint);
  writer.varint(((number << 1) ^ (number >> 31)) >>> 0);
};

/** A uint32 of fixed length. */
export const fixed32: WriteField = (writer, field, value) => {
  writer.tag(field, wire.fixed32);
  writer.fixed32(Number(integer(value, 0n, 0xffff_ffffn)));
};

const maxUint64 = 0xffff_ffff_ffff_ffffn;
const minInt64 = -0x8000_0000_0000_0000n;
const maxInt64 = 0x7fff_ffff_ffff_ffffn;

/** An int64. */
export const int64: WriteField = (writer, field, value) => {
  writer.tag(field, wire.varint);
  writer.int64(integer(value, minInt64, maxInt64));
};

/** A uint64. */
export const uint64: WriteField = (writer, field, value) => {
  writer.tag(field, wire.varint);
  writer.int64(integer(value, 0n, maxUint64));
};

/** A uint64 of fixed length. */
export const fixed64: WriteField = (writer, field, value) => {
  writer.tag(field, wire.fixed64);
  writeHalves(writer, integer(value, 0n, maxUint64));
};

/** An int64 of fixed length. */
export const sfixed64: WriteField = (writer, field, value) => {
  writer.tag(field, wire.fixed64);
  writeHalves(writer, BigInt.asUintN(64, integer(value, minInt64, maxInt64)));
};

/** A double. */
export const double: WriteField = (writer, field, value) => {
  writer.tag(field, wire.fixed64);
  writer.double(toDouble(value));
};

/** An enum: its number; some senders write its name. */
export function enumeration(names: readonly string[]): WriteField {
  return (writer, field, value) => {
    const number = typeof value === "string" ? names.indexOf(value) : -1;
    uint32(writer, field, number >= 0 ? number : value);
  };
}

function writeHalves(writer: ByteWriter, value: bigint): void {
  writer.fixed64(Number(value & 0xffff_ffffn), Number(value >> 32n));
}

/** Whole numbers come as numbers or as text. */
function integer(value: Json | bigint, min: bigint, max: bigint): bigint {
  const whole = toBigInt(value);
  if (whole === undefined || whole < min || whole > max) throw new Misfit(`a whole number from ${min} to ${max}`);
  return whole;
}

function toBigInt(value: Json | bigint): bigint | undefined {
  if (typeof value === "bigint") return value;
  if (typeof value === "string") return /^-?\d{1,20}$/.test(value) ? BigInt(value) : undefined;
  if (typeof value !== "number" || !Number.isInteger(value)) return undefined;
  if (!Number.isSafeInteger(value)) throw new LostDigits();
  return BigInt(value);
}

const notFinite: ReadonlySet<string> = new Set(["NaN", "Infinity", "-Infinity"]);

function toDouble(value: Json | bigint): number {
  if (typeof value === "number" || typeof value === "bigint") return Number(value);
  if (typeof value === "string" && (notFinite.has(value) || /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value)))
    return Number(value);
  throw new Misfit("a number");
}
