import { type Int64, isTimestamp, toInt64 } from "../../schemas/model/value.ts";
import { EvalFailure } from "./expression.ts";
import { type Type, typeName } from "./types.ts";

/*
 * Two forms of a run-time value. *Raw* is how a statically typed expression yields it: as schemas/model/value.ts says.
 * *Boxed* tells its own type, which is what list elements, map values and anything dynamic need. Only three types
 * differ: DOUBLE, DURATION and IP_ADDRESS are a plain number or string when raw and one of the classes below when boxed.
 */

/** A boxed DOUBLE. */
export class BoxedDouble {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** A boxed DURATION, in nanoseconds. */
export class BoxedDuration {
  readonly nanos: Int64;
  constructor(nanos: Int64) {
    this.nanos = nanos;
  }
}

/** A boxed IP_ADDRESS: canonical text. */
export class BoxedIp {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** An unsigned 64-bit integer, raw and boxed. */
export class Uint {
  readonly value: Int64;
  constructor(value: Int64) {
    this.value = value;
  }
}

/** A type as a value: what `type(x)` yields, named as CEL names types. */
export class TypeValue {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** A block of addresses, raw and boxed. */
export interface Block {
  readonly text: string;
  contains(ip: string): boolean;
}

/** A block of addresses as a value. */
export class BoxedBlock {
  readonly block: Block;
  constructor(block: Block) {
    this.block = block;
  }
}

/** What keys of a map are at run time: numbers of all kinds are one primitive, so that 1, 1u and 1.0 are the same key. */
export type Key = string | number | bigint | boolean;

/** A map; attributes bring plain ones with string keys. */
export type AnyMap = ReadonlyMap<Key, unknown>;

/** A map made by an expression, which remembers which of its keys were unsigned. */
export class KeyedMap extends Map<Key, unknown> {
  readonly unsigned = new Set<Key>();
}

/** True for a map of either kind. */
export function isMap(value: unknown): value is AnyMap {
  return value instanceof Map || (typeof value === "object" && value !== null && "get" in value && "size" in value);
}

/** A key as a boxed value. */
export function boxKey(map: AnyMap, key: Key): unknown {
  return map instanceof KeyedMap && map.unsigned.has(key) ? new Uint(key as Int64) : key;
}

/** The run-time key of a boxed value; undefined if values of its type are no keys. A DOUBLE equals the integer it stands for. */
export function toKey(value: unknown): Key | undefined {
  if (value instanceof Uint) return value.value;
  if (value instanceof BoxedDouble) return Number.isInteger(value.value) ? toInt64(BigInt(value.value)) : Number.NaN;
  const type = typeof value;
  return type === "string" || type === "number" || type === "bigint" || type === "boolean" ? (value as Key) : undefined;
}

/** True if raw and boxed forms of the type differ. */
export function needsBox({ kind }: Type): boolean {
  return kind === "DOUBLE" || kind === "DURATION" || kind === "IP_ADDRESS";
}

/** Raw to boxed. */
export function box(value: unknown, { kind }: Type): unknown {
  if (kind === "DOUBLE") return new BoxedDouble(value as number);
  if (kind === "DURATION") return new BoxedDuration(value as Int64);
  if (kind === "IP_ADDRESS") return new BoxedIp(value as string);
  return value;
}

/** Boxed to raw, without a test. */
export function unbox(value: unknown): unknown {
  if (value instanceof BoxedDouble) return value.value;
  if (value instanceof BoxedDuration) return value.nanos;
  if (value instanceof BoxedIp) return value.text;
  return value;
}

/** Boxed to raw, where a value of another type is a fault. */
export function unboxAs(value: unknown, type: Type): unknown {
  return hasType(value, type)
    ? unbox(value)
    : new EvalFailure("fault", `expected ${typeName(type)}, got ${celTypeName(value)}`);
}

/** True if the boxed value is of the type; of lists and maps only the outermost shape is tested. */
export function hasType(value: unknown, { kind }: Type): boolean {
  switch (kind) {
    case "STRING":
    case "DNS_NAME":
    case "EMAIL_ADDRESS":
    case "URI":
      return typeof value === "string";
    case "INT64":
      return typeof value === "number" || typeof value === "bigint";
    case "BOOL":
      return typeof value === "boolean";
    case "DOUBLE":
      return value instanceof BoxedDouble;
    case "DURATION":
      return value instanceof BoxedDuration;
    case "IP_ADDRESS":
      return value instanceof BoxedIp;
    case "TIMESTAMP":
      return isTimestamp(value);
    case "uint":
      return value instanceof Uint;
    case "bytes":
      return value instanceof Uint8Array;
    case "null":
      return value === null;
    case "type":
      return value instanceof TypeValue;
    case "cidr":
      return value instanceof BoxedBlock;
    case "list":
      return Array.isArray(value);
    case "map":
      return isMap(value);
    default:
      return true;
  }
}

const celNames: readonly (readonly [Type["kind"], string])[] = [
  ["STRING", "string"],
  ["INT64", "int"],
  ["BOOL", "bool"],
  ["DOUBLE", "double"],
  ["uint", "uint"],
  ["null", "null_type"],
  ["TIMESTAMP", "google.protobuf.Timestamp"],
  ["DURATION", "google.protobuf.Duration"],
  ["IP_ADDRESS", "net.IP"],
  ["cidr", "net.CIDR"],
  ["bytes", "bytes"],
  ["type", "type"],
  ["list", "list"],
];

/** What CEL calls the type of a boxed value (language definition, "Values"). */
export function celTypeName(value: unknown): string {
  return celNames.find(([kind]) => hasType(value, { kind } as Type))?.[1] ?? "map";
}

/** The names that stand for types in expressions. */
export const typeValues: ReadonlyMap<string, TypeValue> = new Map(
  [...celNames.map(([, name]) => name), "map"].map((name) => [name, new TypeValue(name)]),
);

/** A boxed number of any kind. */
export type Numeric = Int64 | Uint | BoxedDouble;

/** True if the boxed value is a number of any kind. */
export function isNumeric(value: unknown): value is Numeric {
  const type = typeof value;
  return type === "number" || type === "bigint" || value instanceof Uint || value instanceof BoxedDouble;
}

/** A boxed number as a primitive. */
export function toPrimitive(value: Numeric): number | bigint {
  return value instanceof Uint || value instanceof BoxedDouble ? value.value : value;
}
