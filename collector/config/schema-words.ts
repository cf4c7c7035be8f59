import { z } from "zod";

/** A schema with its inner workings told apart by kind. */
export type Schema = z.core.$ZodType;
/** What a schema is made of. */
export type SchemaDefinition = z.core.$ZodTypes["_zod"]["def"];

/** What a schema is made of, by kind. */
export function definitionOf(schema: Schema): SchemaDefinition {
  return (schema as z.core.$ZodTypes)._zod.def;
}

/** A schema below its wrappers, and whether it may be left out or be null. */
export interface Unwrapped {
  readonly schema: Schema;
  readonly optional: boolean;
  readonly nullable: boolean;
}

/** Looks through optional, default, nullable and the like. */
export function unwrap(schema: Schema): Unwrapped {
  const definition = definitionOf(schema);
  switch (definition.type) {
    case "optional":
    case "default":
    case "prefault":
    case "catch":
      return { ...unwrap(definition.innerType), optional: true };
    case "nullable":
      return { ...unwrap(definition.innerType), nullable: true };
    case "nonoptional":
    case "readonly":
      return unwrap(definition.innerType);
    case "lazy":
      return unwrap(definition.getter());
    default:
      return { schema, optional: definition.type === "unknown" || definition.type === "any", nullable: false };
  }
}

/** What a schema takes, in words for a person who writes a configuration. */
export function describeExpected(schema: Schema): string {
  const { schema: inner, nullable } = unwrap(schema);
  const words = describe(inner);
  return nullable ? `${words}, or null` : words;
}

function describe(schema: Schema): string {
  const definition = definitionOf(schema);
  switch (definition.type) {
    case "string":
      return "text";
    case "number":
      return schema instanceof z.ZodNumber && schema.isInt ? "a whole number" : "a number";
    case "boolean":
      return "true or false";
    case "enum":
      return oneOf(Object.values(definition.entries));
    case "literal":
      return oneOf(definition.values);
    case "array":
    case "tuple":
      return "a list";
    case "object":
    case "record":
      return "a mapping";
    case "union":
      return [...new Set(definition.options.map(describeExpected))].join(" or ");
    case "pipe":
      return describe(definition.in);
    default:
      return "another value";
  }
}

/** `a, b or c`, quoted where they are text. */
export function oneOf(values: readonly unknown[]): string {
  const words = values.map((value) => (typeof value === "string" ? `"${value}"` : String(value)));
  if (words.length === 0) return "nothing";
  return words.length === 1 ? `${words[0]}` : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
