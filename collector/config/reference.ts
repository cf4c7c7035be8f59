import type { Adapter } from "../../adapters/adapter.ts";
import { type JsonSchema, toSchema } from "./json-schema.ts";
import { configSchema } from "./schema.ts";

const BEGIN = "<!-- generated: settings -->";
const END = "<!-- end of generated part -->";

/** The page with the generated part made anew. Throws if the page has no place for it. */
export function withReference(page: string, adapters: readonly Adapter[]): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin === -1 || end < begin) throw new Error(`the page has no ${BEGIN} ... ${END}`);
  return `${page.slice(0, begin)}${BEGIN}\n\n${reference(adapters)}\n${page.slice(end)}`;
}

/** Tables of every setting: the sections of a file, then the params of each adapter. */
function reference(adapters: readonly Adapter[]): string {
  const sections = Object.entries(propertiesOf(toSchema(configSchema)));
  return [
    ...sections.map(([name, schema]) => `### ${name}\n\n${description(schema)}\n\n${table(rows(schema, `${name}`))}`),
    ...adapters.map(
      ({ type, summary, config }) =>
        `### handlers: params of ${type}\n\n${summary}\n\n${table(rows(toSchema(config), ""))}`,
    ),
  ].join("\n");
}

interface Row {
  readonly setting: string;
  readonly type: string;
  readonly fallback: string;
  readonly meaning: string;
}

function table(list: readonly Row[]): string {
  const told = list.filter(({ meaning }) => meaning !== "");
  if (told.length === 0) return "";
  const lines = told.map(
    ({ setting, type, fallback, meaning }) => `| \`${setting}\` | ${type} | ${fallback} | ${meaning} |`,
  );
  return ["| setting | type | default | meaning |", "|---|---|---|---|", ...lines, ""].join("\n");
}

/** Every setting below a schema, in order; names that users choose are shown as NAME. */
function rows(schema: JsonSchema, path: string): Row[] {
  const join = (key: string) => (path === "" ? key : `${path}.${key}`);
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  const own = Object.entries(propertiesOf(schema)).flatMap(([key, part]) => [
    toRow(join(key), part, required.has(key)),
    ...rows(part, join(key)),
  ]);
  const named = isSchema(schema.additionalProperties) ? below(schema.additionalProperties, join("NAME")) : [];
  const items = isSchema(schema.items) ? rows(schema.items, `${path}[]`) : [];
  const options = optionsOf(schema).flatMap((option) => rows(option, path));
  return [...own, ...named, ...items, ...options];
}

/** Users choose the names; what is under each may be described as a whole. */
function below(schema: JsonSchema, path: string): Row[] {
  return [toRow(path, schema, false), ...rows(schema, path)];
}

function toRow(setting: string, schema: JsonSchema, required: boolean): Row {
  const { default: fallback } = schema;
  const shown = required
    ? "required"
    : fallback === undefined || isSchema(fallback)
      ? ""
      : `\`${JSON.stringify(fallback)}\``;
  return { setting, type: typeOf(schema), fallback: shown, meaning: description(schema) };
}

function typeOf(schema: JsonSchema): string {
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => `\`${String(value)}\``).join(", ");
  const options = optionsOf(schema);
  if (options.length > 0) return [...new Set(options.map(typeOf))].join(" or ");
  if (Array.isArray(schema.type)) return schema.type.map((type) => words[String(type)] ?? String(type)).join(" or ");
  return words[String(schema.type)] ?? "any";
}

const words: Readonly<Record<string, string>> = {
  string: "text",
  integer: "whole number",
  number: "number",
  boolean: "true or false",
  array: "list",
  object: "mapping",
  null: "null",
};

function description(schema: JsonSchema): string {
  const text =
    typeof schema.description === "string"
      ? schema.description
      : optionsOf(schema)
          .map(description)
          .find((found) => found !== "");
  return (text ?? "").replaceAll("|", "\\|");
}

function optionsOf(schema: JsonSchema): readonly JsonSchema[] {
  const options = schema.anyOf ?? schema.oneOf;
  return Array.isArray(options) ? options.filter(isSchema) : [];
}

function propertiesOf(schema: JsonSchema): Readonly<Record<string, JsonSchema>> {
  const { properties } = schema;
  return isSchema(properties) ? (properties as Readonly<Record<string, JsonSchema>>) : {};
}

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === "object" && value !== null && !Array.isArray(value);
