import { z } from "zod";
import type { Adapter } from "../../adapters/adapter.ts";
import { configSchema } from "./schema.ts";

/** A JSON Schema, or a part of one. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/**
 * The JSON Schema (draft 2020-12) of a configuration file, for editors: every setting with its description and default,
 * each handler's params by its adapter, and a substitution in place of any number, truth value or choice.
 */
export function configJsonSchema(adapters: readonly Adapter[]): JsonSchema {
  const { $schema, ...whole } = toSchema(configSchema);
  const { required: _, ...listener } = at(whole, "properties", "listeners", "additionalProperties", "anyOf", 0);
  const handler = at(whole, "properties", "handlers", "additionalProperties");
  const schema = put(whole, ["properties", "listeners", "additionalProperties", "anyOf", 0], listener);
  return {
    $schema,
    title: "Mixdown configuration",
    ...withSubstitutions(put(schema, ["properties", "handlers", "additionalProperties"], byAdapter(handler, adapters))),
    $defs: {
      substitution: {
        type: "string",
        pattern: "^\\$\\{env:[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}$",
        description: "An environment variable, with a default after :-.",
      },
    },
  };
}

/** The JSON Schema of one schema's input, without what only programs write. */
export function toSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    override: ({ jsonSchema }) => dropNoise(jsonSchema),
  });
}

/** Bounds that only say that a number is safe, names that may be any text, and what only the hub is to know. */
function dropNoise(schema: z.core.JSONSchema.BaseSchema): void {
  delete schema.expression;
  delete schema.secret;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (JSON.stringify(schema.propertyNames) === '{"type":"string"}') delete schema.propertyNames;
}

/** Which settings a handler takes depends on its adapter. */
function byAdapter(handler: JsonSchema, adapters: readonly Adapter[]): JsonSchema {
  const named = put(handler, ["properties", "adapter"], {
    description: "Name of an adapter, name of an npm package, or path of a file that is one.",
    anyOf: [
      ...adapters.map(({ type, summary }) => ({ const: type, description: summary })),
      { type: "string", description: "A plug-in." },
    ],
  });
  return {
    ...named,
    allOf: adapters.map(({ type, config }) => {
      const { $schema: _, ...params } = toSchema(config);
      return {
        if: { properties: { adapter: { const: type } } },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: { properties: { params } },
      };
    }),
  };
}

const retyped = new Set<unknown>(["integer", "number", "boolean"]);

/** Text takes a substitution anyway; other scalars are given it as a choice. */
function withSubstitutions(schema: JsonSchema): JsonSchema {
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, descend(value)]));
  const { type, enum: choices } = inner;
  if (choices === undefined && !retyped.has(type)) return inner;
  const { description, default: fallback, ...rest } = inner;
  return {
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined ? {} : { default: fallback }),
    anyOf: [rest, { $ref: "#/$defs/substitution" }],
  };
}

function descend(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(descend);
  return isSchema(value) ? withSubstitutions(value) : value;
}

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The part of a schema under these keywords; throws if there is none, since the schema is ours. */
export function at(schema: JsonSchema, ...keys: readonly (string | number)[]): JsonSchema {
  let current: unknown = schema;
  for (const key of keys) current = (current as Readonly<Record<string | number, unknown>> | undefined)?.[key];
  if (!isSchema(current)) throw new Error(`the configuration schema has no ${keys.join(".")}`);
  return current;
}

function put(schema: JsonSchema, [key, ...rest]: readonly (string | number)[], part: JsonSchema): JsonSchema {
  if (key === undefined) return part;
  const inner = schema[key] as JsonSchema | readonly JsonSchema[];
  const replaced = Array.isArray(inner)
    ? inner.map((item, index) => (index === rest[0] ? put(item, rest.slice(1), part) : item))
    : put(inner as JsonSchema, rest, part);
  return { ...schema, [key]: replaced };
}
