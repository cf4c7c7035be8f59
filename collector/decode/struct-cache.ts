import type { Json } from "../../schemas/model/access-log.ts";
import { ByteCache } from "./byte-cache.ts";
import { decodeText, ProtoReader } from "./reader.ts";
import { type JsonObject, parseField, parseStruct } from "./struct.ts";

/** One field of a struct; the same object for the same bytes. `mark` tells fields apart in sums. */
interface Field {
  readonly key: string;
  readonly value: Json;
  readonly mark: number;
  /** The last lookup this field took part in. */
  lookup: number;
}

/** A struct that was met before. */
interface Known {
  readonly object: JsonObject;
  readonly fields: readonly Field[];
  readonly sum: number;
  /** The field whose value it last was. */
  outer: Field | undefined;
}

/** Structs beyond these are parsed anew each time. */
const maxFields = 32;
const maxDepth = 4;
const maxBytes = 4096;
/** Places for structs, a power of two. */
const places = 1024;

/**
 * Gives the same object for structs of the same fields, in whatever order they come, as far as bounded memory goes.
 * Order must not count: protobuf for C++ writes map fields in an order of its own making each time, so that a proxy
 * hardly ever sends the same peer in the same bytes. Fields are recognised by their bytes, structs by their fields.
 */
export class StructCache {
  readonly #fields = new ByteCache({ entries: 8192, maxBytes: 160 }, (bytes, start, end) => {
    const field = parseField(bytes, start, end);
    return field && { ...field, mark: this.#nextMark(), lookup: 0 };
  });
  readonly #known = new Array<Known | undefined>(places).fill(undefined);
  /** Which place of each pair the next newcomer takes. */
  readonly #spare = new Uint8Array(places / 2);
  #marks = 0;
  #lookups = 0;

  /** The struct in these bytes; undefined as `parseStruct` gives it. */
  get(bytes: Buffer, start: number, end: number): JsonObject | undefined {
    const known = end - start > maxBytes ? undefined : this.#read(bytes, start, end, 0);
    return known === undefined ? parseStruct(bytes, start, end) : known.object;
  }

  /** The known struct with these fields; undefined if it is malformed or not to be remembered. */
  #read(bytes: Buffer, start: number, end: number, depth: number): Known | undefined {
    const reader = new ProtoReader().reset(bytes, start, end);
    const fields: Field[] = [];
    let sum = 0;
    while (reader.more) {
      if (reader.tag() !== 10 || fields.length === maxFields) return undefined;
      const length = reader.length();
      const field = this.#readField(bytes, reader.pos, reader.pos + length, depth);
      if (field === undefined) return undefined;
      reader.pos += length;
      fields.push(field);
      sum = (sum + field.mark) | 0;
    }
    return reader.fault === undefined ? this.#find(fields, sum) : undefined;
  }

  #readField(bytes: Buffer, start: number, end: number, depth: number): Field | undefined {
    const inner = structWithin(bytes, start, end);
    if (inner === undefined) return this.#fields.get(bytes, start, end);
    const known = depth < maxDepth ? this.#read(bytes, inner, end, depth + 1) : undefined;
    if (known === undefined) return undefined;
    const key = readKey(bytes, start, inner);
    if (known.outer?.key !== key) known.outer = { key, value: known.object, mark: this.#nextMark(), lookup: 0 };
    return known.outer;
  }

  #find(fields: readonly Field[], sum: number): Known {
    const lookup = ++this.#lookups;
    for (const field of fields) field.lookup = lookup;
    const pair = (sum ^ (sum >>> 16)) & (places / 2 - 1);
    for (let place = pair * 2; place < pair * 2 + 2; place++) {
      const known = this.#known[place];
      if (known === undefined || known.sum !== sum || !isSame(known, fields.length, lookup)) continue;
      this.#spare[pair] = 1 - (place & 1);
      return known;
    }
    const known = { object: toObject(fields), fields, sum, outer: undefined };
    // With a key twice the order counts, which the comparison does not see.
    if (Object.keys(known.object).length === fields.length) this.#known[pair * 2 + this.#spare[pair]!] = known;
    return known;
  }

  /** Numbers in a row, scattered (the finalizer of MurmurHash3) so that sums of different fields differ. */
  #nextMark(): number {
    this.#marks = (this.#marks + 1) | 0;
    const mixed = Math.imul(this.#marks ^ (this.#marks >>> 16), 0x85eb_ca6b);
    return Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
  }
}

/** The fields of a known struct differ among themselves, so finding all of them among as many is equality. */
function isSame({ fields }: Known, length: number, lookup: number): boolean {
  return fields.length === length && fields.every((field) => field.lookup === lookup);
}

/** The key, which is the first field of the entry. */
function readKey(bytes: Buffer, start: number, end: number): string {
  const reader = new ProtoReader().reset(bytes, start, end);
  reader.tag();
  const length = reader.length();
  return decodeText(bytes, reader.pos, reader.pos + length);
}

function toObject(fields: readonly Field[]): JsonObject {
  const object: { [key: string]: Json } = Object.create(null);
  for (const { key, value } of fields) object[key] = value;
  return object;
}

/**
 * Where the struct begins that is the value of a FieldsEntry and ends with it: key = 1, value = 2 { struct_value = 5 },
 * in that order and nothing else; undefined for any other entry.
 */
function structWithin(bytes: Buffer, start: number, end: number): number | undefined {
  // Most values are text, seen at a glance where lengths are short.
  if (bytes[start + 1]! < 128 && bytes[start + 4 + bytes[start + 1]!] === 26) return undefined;
  const reader = new ProtoReader().reset(bytes, start, end);
  if (reader.tag() !== 10) return undefined;
  reader.skip(2);
  if (reader.tag() !== 18) return undefined;
  if (reader.length() !== end - reader.pos || reader.tag() !== 42) return undefined;
  return reader.length() === end - reader.pos && reader.fault === undefined ? reader.pos : undefined;
}
