import type { Address, Json } from "../../../schemas/model/access-log.ts";
import type { TextHasher } from "../../../schemas/model/text-hasher.ts";
import type { Int64, Timestamp } from "../../../schemas/model/value.ts";
import type { ByteCache } from "../byte-cache.ts";
import { isText, MapScan } from "../map-scan.ts";
import { decodeText, ProtoReader, type WireFault } from "../reader.ts";
import { type Shape, walk } from "../shape.ts";
import { type JsonObject, parseValue } from "../struct.ts";
import { StructFields, textStart } from "../struct-fields.ts";
import { readDuration, readTimestamp, readUint32Value } from "../well-known.ts";
import { parseAddress } from "./address.ts";
import type { Caches } from "./caches.ts";
import type { AccessLogDecodeEvents } from "./events.ts";
import { type Found, findInMap, structInAny } from "./lookup.ts";
import { type HeaderMap, parseMap } from "./map.ts";
import { places } from "./shapes.ts";

/** Messages and maps within an entry that are larger are left out. */
const maxMessageBytes = 262_144;

const noBytes = Buffer.alloc(0);

/**
 * The tape of one entry and the ways to read a value from it: one pass has checked the entry and noted where its fields
 * are; a value is decoded when it is asked for, each time. A place is a field number plus the base of its message.
 */
export class TapedEntry {
  protected readonly caches: Caches;
  readonly #events: AccessLogDecodeEvents;
  readonly #tape = new Int32Array(places * 2);
  readonly #reader = new ProtoReader();
  readonly #scan = new MapScan();
  readonly #fields = new StructFields();
  readonly #maps = new Map<number, HeaderMap>();
  #bytes: Buffer = noBytes;

  constructor(caches: Caches, events: AccessLogDecodeEvents) {
    this.caches = caches;
    this.#events = events;
  }

  /** Takes the entry in this range; gives what is wrong with it, if anything. */
  load(bytes: Buffer, start: number, end: number, shape: Shape): WireFault | undefined {
    this.#tape.fill(0);
    if (this.#maps.size > 0) this.#maps.clear();
    this.#bytes = bytes;
    return walk(this.#reader, bytes, start, end, shape, this.#tape);
  }

  protected has(place: number): boolean {
    return this.#tape[place * 2 + 1] !== 0;
  }

  #open(place: number): ProtoReader {
    return this.#reader.reset(this.#bytes, this.#tape[place * 2]!, this.#tape[place * 2 + 1]!);
  }

  /** Text that tends to repeat. */
  protected text(place: number): string | undefined {
    const start = this.#tape[place * 2]!;
    const end = this.#tape[place * 2 + 1]!;
    return start === end ? undefined : this.caches.texts.get(this.#bytes, start, end);
  }

  /** Text that hardly ever comes again: ids, paths, client addresses. */
  protected passingText(place: number): string | undefined {
    const start = this.#tape[place * 2]!;
    const end = this.#tape[place * 2 + 1]!;
    return start === end ? undefined : decodeText(this.#bytes, start, end);
  }

  /** An enum or bool as its number; 0 where absent. */
  protected number(place: number): number {
    return this.has(place) ? this.#open(place).varint() : 0;
  }

  protected uint32(place: number): number | undefined {
    return this.number(place) >>> 0 || undefined;
  }

  protected bool(place: number): boolean {
    return this.has(place) && this.#open(place).bool();
  }

  protected double(place: number): number | undefined {
    return (this.has(place) && this.#open(place).double()) || undefined;
  }

  /** A uint64 whose 0 says nothing. */
  protected amount(place: number): Int64 | undefined {
    return this.#uint64(place) || undefined;
  }

  /** A uint64 whose 0 is a value as long as its message is there. */
  protected count(message: number, place: number): Int64 | undefined {
    return this.has(message) ? this.#uint64(place) : undefined;
  }

  #uint64(place: number): Int64 | undefined {
    if (!this.has(place)) return 0;
    const value = this.#open(place).uint64();
    if (value === undefined) this.#events.value("integer_range");
    return value;
  }

  /** A google.protobuf.UInt32Value. */
  protected wrapped(place: number): number | undefined {
    return this.has(place) ? readUint32Value(this.#open(place)) : undefined;
  }

  protected durationAt(place: number): Int64 | undefined {
    return this.has(place) ? this.#inRange(readDuration(this.#open(place))) : undefined;
  }

  protected timestamp(place: number): Timestamp | undefined {
    return this.has(place) ? this.#inRange(readTimestamp(this.#open(place))) : undefined;
  }

  #inRange<T>(value: T | undefined): T | undefined {
    if (value === undefined) this.#events.value("time_range");
    return value;
  }

  /** Where a message or map ends; 0 if it is absent, or so large that reading it would hold up everyone else. */
  #endOf(place: number): number {
    const end = this.#tape[place * 2 + 1]!;
    if (end - this.#tape[place * 2]! <= maxMessageBytes) return end;
    this.#events.value("size");
    return 0;
  }

  /** What a cache makes of the bytes of a message. */
  protected cached<T>(place: number, cache: ByteCache<T>): T | undefined {
    const end = this.#endOf(place);
    return end === 0 ? undefined : cache.get(this.#bytes, this.#tape[place * 2]!, end);
  }

  /** An address with a port that hardly ever comes again. */
  protected passingAddress(place: number): Address | undefined {
    const end = this.#endOf(place);
    return end === 0 ? undefined : parseAddress(this.#bytes, this.#tape[place * 2]!, end, this.caches.ips);
  }

  /** A map of text, decoded once. */
  protected map(place: number): HeaderMap | undefined {
    const end = this.#endOf(place);
    if (end === 0) return undefined;
    let map = this.#maps.get(place);
    if (map === undefined) {
      map = parseMap(this.#bytes, this.#tape[place * 2]!, end, this.caches.texts);
      this.#maps.set(place, map);
    }
    return map;
  }

  /** The Struct under a key of a map<string, Struct> that is `field` of the message here. */
  protected struct(place: number, field: number, key: string): JsonObject | undefined {
    const found = this.#find(place, field, key, this.caches.texts);
    return found && this.#parsed(found);
  }

  /** Fields of that Struct, by their ASCII names. */
  protected structFields(
    place: number,
    field: number,
    key: string,
    names: readonly string[],
  ): (Json | undefined)[] | undefined {
    if (!this.#findFields(place, field, key, names)) return undefined;
    return names.map((_, index) => this.#valueAt(index));
  }

  #valueAt(index: number): Json | undefined {
    const start = this.#fields.startOf(index);
    const end = this.#fields.endOf(index);
    if (end === 0) return undefined;
    const text = textStart(this.#bytes, start, end);
    return text < 0 ? parseValue(this.#bytes, start, end) : this.caches.texts.get(this.#bytes, text, end);
  }

  /** Hashes the first of these fields of that Struct; false if there is none, or it is not short text. */
  protected hashField(place: number, field: number, key: string, names: readonly string[], hash: TextHasher): boolean {
    if (!this.#findFields(place, field, key, names)) return false;
    const end = this.#fields.endOf(0);
    const text = textStart(this.#bytes, this.#fields.startOf(0), end);
    if (text >= 0) hash.bytes(this.#bytes, text, end);
    return text >= 0;
  }

  #findFields(place: number, field: number, key: string, names: readonly string[]): boolean {
    const end = this.#endOf(place);
    if (end === 0) return false;
    const scan = this.#scan;
    let [from, to] = [-1, -1];
    scan.begin(this.#bytes, this.#tape[place * 2]!, end, field);
    while (scan.next()) {
      if (!isText(this.#bytes, scan.keyStart, scan.keyEnd, key)) continue;
      from = scan.valueStart;
      to = scan.valueEnd;
    }
    if (from < 0) return false;
    this.#fields.find(this.#bytes, from, to, names);
    if (this.#fields.isMalformed) this.#events.value("struct");
    return true;
  }

  /** Hashes text; false if there is none. */
  protected hashText(place: number, hash: TextHasher): boolean {
    const start = this.#tape[place * 2]!;
    const end = this.#tape[place * 2 + 1]!;
    if (start !== end) hash.bytes(this.#bytes, start, end);
    return start !== end;
  }

  /** The same in a map<string, Any>, if the value is a Struct. */
  protected structInAny(place: number, field: number, key: string): JsonObject | undefined {
    const any = this.#find(place, field, key, this.caches.texts);
    const found = any && structInAny(this.#bytes, any, this.caches.texts);
    return found && this.#parsed(found === "malformed" ? undefined : found);
  }

  #find(place: number, field: number, key: string, texts?: ByteCache<string>): Found | undefined {
    const end = this.#endOf(place);
    if (end === 0) return undefined;
    return findInMap(this.#scan, this.#bytes, this.#tape[place * 2]!, end, field, key, texts);
  }

  #parsed(found: Found | undefined): JsonObject | undefined {
    const struct = found && this.caches.structs.get(this.#bytes, found.start, found.end);
    if (struct === undefined) this.#events.value("struct");
    return struct;
  }
}
