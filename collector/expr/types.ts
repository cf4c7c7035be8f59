import type { ValueType } from "../../schemas/model/value.ts";

/** A type without parameters. `none` is the element type of `[]`; `error` stands for what a problem was reported about. */
export type SimpleKind =
  | Exclude<ValueType, "STRING_MAP">
  | "uint"
  | "bytes"
  | "null"
  | "type"
  | "cidr"
  | "dyn"
  | "none"
  | "error";

/** A static type of the expression language. */
export type Type =
  | { readonly kind: SimpleKind }
  | { readonly kind: "list"; readonly element: Type }
  | { readonly kind: "map"; readonly key: Type; readonly value: Type };

const simple = <K extends SimpleKind>(kind: K): { readonly kind: K } => Object.freeze({ kind });

/** Text. */
export const STRING = simple("STRING");
/** Signed integer of 64 bits. */
export const INT64 = simple("INT64");
/** Floating point number of 64 bits. */
export const DOUBLE = simple("DOUBLE");
/** Truth value. */
export const BOOL = simple("BOOL");
/** Point in time. */
export const TIMESTAMP = simple("TIMESTAMP");
/** Nanoseconds. */
export const DURATION = simple("DURATION");
/** IPv4 or IPv6 address. */
export const IP_ADDRESS = simple("IP_ADDRESS");
/** Unsigned integer of 64 bits. */
export const UINT = simple("uint");
/** Bytes. */
export const BYTES = simple("bytes");
/** The type of `null`. */
export const NULL = simple("null");
/** Types as values. */
export const TYPE = simple("type");
/** Block of addresses. */
export const CIDR = simple("cidr");
/** Known only at run time. */
export const DYN = simple("dyn");
/** Element of an empty list: joins with anything. */
export const NONE = simple("none");
/** What a problem was reported about: fits anywhere. */
export const ERROR = simple("error");

/** The type of lists of `element`. */
export const listOf = (element: Type): Type => ({ kind: "list", element });

/** The type of maps from `key` to `value`. */
export const mapOf = (key: Type, value: Type): Type => ({ kind: "map", key, value });

/** Map of texts. */
export const STRING_MAP: Type = Object.freeze(mapOf(STRING, STRING));

/** The static type of an attribute. */
export function typeOfAttribute(type: ValueType): Type {
  return type === "STRING_MAP" ? STRING_MAP : { kind: type };
}

/** The type in the words of the language: `INT64`, `STRING_MAP`, `list(STRING)`, `map(INT64, dyn)`. */
export function typeName(type: Type): string {
  if (type.kind === "list") return `list(${typeName(type.element)})`;
  if (type.kind === "map") {
    const name = `map(${typeName(type.key)}, ${typeName(type.value)})`;
    return name === "map(STRING, STRING)" ? "STRING_MAP" : name;
  }
  return type.kind === "none" || type.kind === "error" ? "dyn" : type.kind;
}

/** True if values of the type are known only at run time (or nothing is known of them), so that they travel boxed. */
export function isDynamic(type: Type): boolean {
  return type.kind === "dyn" || type.kind === "none" || type.kind === "error";
}

/** True for STRING and the types that are texts with a stated form: they are strings wherever a string is expected. */
export function isText(type: Type): boolean {
  const { kind } = type;
  return kind === "STRING" || kind === "DNS_NAME" || kind === "EMAIL_ADDRESS" || kind === "URI";
}

/** True for INT64, uint and DOUBLE. */
export function isNumber(type: Type): boolean {
  return type.kind === "INT64" || type.kind === "uint" || type.kind === "DOUBLE";
}

/** True if both are the same type, parameters included. */
export function sameType(a: Type, b: Type): boolean {
  if (a.kind === "list" && b.kind === "list") return sameType(a.element, b.element);
  if (a.kind === "map" && b.kind === "map") return sameType(a.key, b.key) && sameType(a.value, b.value);
  return a.kind === b.kind;
}

/** True if a value of type `from` may stand where `to` is expected; dynamic values may, and are tested at run time. */
export function isAssignable(from: Type, to: Type): boolean {
  if (isDynamic(from) || isDynamic(to)) return true;
  if (from.kind === "list" && to.kind === "list") return isAssignable(from.element, to.element);
  if (from.kind === "map" && to.kind === "map") {
    return isAssignable(from.key, to.key) && isAssignable(from.value, to.value);
  }
  return from.kind === to.kind || (to.kind === "STRING" && isText(from));
}

/** The type of a place that takes values of both types (branches of `?:`, sides of `|` and `==`), or undefined if there is none. */
export function join(a: Type, b: Type): Type | undefined {
  if (a.kind === "none" || a.kind === "error") return b;
  if (b.kind === "none" || b.kind === "error") return a;
  if (a.kind === "dyn" || b.kind === "dyn") return DYN;
  if (a.kind === "list" && b.kind === "list") {
    const element = join(a.element, b.element);
    return element && listOf(element);
  }
  if (a.kind === "map" && b.kind === "map") {
    const key = join(a.key, b.key);
    const value = join(a.value, b.value);
    return key && value && mapOf(key, value);
  }
  if (a.kind === b.kind) return a;
  return isText(a) && isText(b) ? STRING : undefined;
}

/** The type of elements that stand side by side in a list or map literal: their common type, else `dyn`. */
export function joinAll(types: readonly Type[]): Type {
  let joined: Type = NONE;
  for (const type of types) joined = join(joined, type) ?? DYN;
  return joined;
}
