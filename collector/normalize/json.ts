import type { Json } from "../../schemas/model/access-log.ts";

/** A google.protobuf.Struct as plain JSON. */
export type Struct = { readonly [key: string]: Json };

/** Whether a value is an object of JSON, not a list. */
export function isStruct(value: Json | undefined): value is Struct {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A member of a struct that is text and not empty; members that every object inherits do not count. */
export function textAt(struct: Struct, key: string): string | undefined {
  const value = Object.hasOwn(struct, key) ? struct[key] : undefined;
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A member of a struct that is a struct. */
export function structAt(struct: Struct, key: string): Struct | undefined {
  const value = Object.hasOwn(struct, key) ? struct[key] : undefined;
  return isStruct(value) ? value : undefined;
}

/** The members of a struct that are text, as a map; undefined if there are none. */
export function textMembers(struct: Struct | undefined): Map<string, string> | undefined {
  if (struct === undefined) return undefined;
  const texts = Object.entries(struct).filter((member): member is [string, string] => typeof member[1] === "string");
  return texts.length === 0 ? undefined : new Map(texts);
}
