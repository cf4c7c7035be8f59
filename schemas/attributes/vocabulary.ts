import type { ValueType } from "../model/value.ts";
import type { Attribute } from "./attribute.ts";
import { callAttributes } from "./call.ts";
import { checkAttributes } from "./check.ts";
import { connectionAttributes } from "./connection.ts";
import { contextAttributes } from "./context.ts";
import { metricAttributes } from "./metric.ts";
import { peersAttributes } from "./peers.ts";
import { requestAttributes } from "./request.ts";
import { responseAttributes } from "./response.ts";
import { traceAttributes } from "./trace.ts";

const table = [
  ...contextAttributes,
  ...requestAttributes,
  ...responseAttributes,
  ...traceAttributes,
  ...checkAttributes,
  ...connectionAttributes,
  ...peersAttributes,
  ...metricAttributes,
  ...callAttributes,
] as const;

/** The name of a built-in attribute. */
export type AttributeName = (typeof table)[number]["name"];

/** Every built-in attribute; its place in this list is its slot, in every vocabulary. */
export const builtInAttributes: readonly Attribute[] = table;

const slotsByName: ReadonlyMap<string, number> = new Map(table.map(({ name }, slot) => [name, slot]));

/** The slot of a built-in attribute. */
export function slotOf(name: AttributeName): number {
  return slotsByName.get(name) as number;
}

/** The names that rules may read, with their slots and types. */
export interface Vocabulary {
  readonly attributes: readonly Attribute[];
  /** The slot of an attribute, built in or declared by the configuration; undefined if unknown. */
  slot(name: string): number | undefined;
  /** The type of an attribute; undefined if unknown. */
  typeOf(name: string): ValueType | undefined;
}

/** The built-in attributes, then those that a configuration declares. Declaring a built-in name again is the caller's error. */
export function createVocabulary(declared: readonly Attribute[] = []): Vocabulary {
  const attributes = [...builtInAttributes, ...declared];
  const slots = new Map(attributes.map(({ name }, slot) => [name, slot]));
  return {
    attributes,
    slot: (name) => slots.get(name),
    typeOf: (name) => attributes[slots.get(name) ?? -1]?.type,
  };
}
