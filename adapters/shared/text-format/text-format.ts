import type { InstanceDeclaration, LogEntryInstance, PlainValue } from "../../../schemas/model/instance.ts";
import { nearest } from "../../../schemas/model/nearest.ts";
import { type Flattened, toFlatObject } from "../flat-object.ts";
import { escapeField } from "./escape.ts";
import { parseFormat } from "./parse-format.ts";

/** Writes instances as lines of text, without a line end. */
export type TextFormat = (instance: Flattened) => string;

/**
 * Makes lines of a format with Envoy's command operators. What is absent is `-`. What has no such form, because it is no log
 * entry, is written as `name=value` pairs.
 */
export function createTextFormat(format: string): TextFormat {
  const formatEntry = createEntryFormat(format);
  return (instance) => (instance.template === "logentry" ? formatEntry(instance) : toPairs(instance));
}

/** The same for log entries only. */
export function createEntryFormat(format: string): (entry: LogEntryInstance) => string {
  const { parts } = parseFormat(format);
  return (entry) => {
    let line = "";
    for (const part of parts) line += typeof part === "string" ? part : cut(part.field(entry), part.maxLength);
    return line;
  };
}

/** What is wrong with a format for these instances. */
export function formatProblems(format: string, instances: readonly InstanceDeclaration[]): string[] {
  const { variables, problems } = parseFormat(format);
  const declared = new Set(
    instances.flatMap((each) => (each.template === "logentry" ? Object.keys(each.variables) : [])),
  );
  const missing = variables.filter((name) => !declared.has(name)).map((name) => notDeclared(name, declared));
  return [...problems, ...missing];
}

function notDeclared(name: string, declared: ReadonlySet<string>): string {
  const close = nearest(name, declared);
  return `%${name}%: no log entry sent to this handler has such a variable${close === undefined ? "" : `; did you mean %${close}%?`}`;
}

function cut(text: string | undefined, maxLength: number): string {
  return text === undefined || text === ""
    ? "-"
    : escapeField(text.length > maxLength ? text.slice(0, maxLength) : text);
}

function toPairs(instance: Flattened): string {
  const fields = { template: instance.template, ...toFlatObject(instance) };
  return Object.entries(fields)
    .map(([name, value]) => `${escapeField(name)}=${quoted(value)}`)
    .join(" ");
}

function quoted(value: PlainValue): string {
  const text = escapeField(typeof value === "object" ? JSON.stringify(value) : String(value));
  return /^[^\s"=]+$/.test(text) ? text : `"${text}"`;
}
