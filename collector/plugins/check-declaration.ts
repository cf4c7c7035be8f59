import { z } from "zod";
import type { Adapter } from "../../adapters/adapter.ts";
import { questionTemplates } from "../../schemas/model/instance.ts";
import { nearest } from "../../schemas/model/nearest.ts";
import type { PluginFault } from "../config/plugin-outcome.ts";
import { oneOf } from "../config/schema-words.ts";
import { findDeclaration } from "./find-declaration.ts";

type Declared = Readonly<Record<string, unknown>>;
type Check = (value: unknown, declared: Declared) => Omit<PluginFault, "message"> | undefined;

const isOptional =
  (check: Check): Check =>
  (value, declared) =>
    value === undefined ? undefined : check(value, declared);
const isFunction: Check = (value) => (typeof value === "function" ? undefined : { expected: "a function" });
const isTrueOrFalse: Check = (value) => (typeof value === "boolean" ? undefined : { expected: "true or false" });
const isTexts: Check = (value) =>
  Array.isArray(value) && value.every((item) => typeof item === "string") ? undefined : { expected: "a list of texts" };
const isSentence: Check = (value) =>
  typeof value === "string" && value.trim() !== "" ? undefined : { expected: "one sentence" };
const isName: Check = (value) =>
  typeof value === "string" && /^[a-z][a-z0-9-]*$/.test(value)
    ? undefined
    : { expected: "a name of lower-case letters, digits and hyphens" };

/** What rules send; points come from an adapter's own sums. */
const templates = [
  "metric",
  "logentry",
  "edge",
  "tracespan",
  "spans",
  "metrics",
] satisfies Adapter["accepts"][number][];
/** What adapters do that need take nothing. */
const answering = ["checks", "rateLimits", "stores"] satisfies (keyof Adapter)[];
const takesTemplates: Check = (value, declared) => {
  const list: readonly unknown[] = Array.isArray(value) ? value : [];
  const unknown = list.find((item) => !templates.some((template) => template === item));
  const needsNone = Array.isArray(value) && answering.some((member) => declared[member] !== undefined);
  if ((list.length > 0 || needsNone) && unknown === undefined) return undefined;
  return { expected: `a list of ${oneOf(templates)}`, suggestion: nearest(String(unknown), templates) };
};

const isSchema: Check = (value) => {
  const make = 'z.strictObject({ ... }), with z from "mixdown/adapter"';
  if (typeof value !== "object" || value === null || !("_zod" in value)) return { expected: make };
  const schema = value as z.ZodType;
  if ((schema as z.core.$ZodType as z.core.$ZodTypes)._zod.def.type !== "object") return { expected: make };
  z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return undefined;
};

const isChecks: Check = (value) => {
  const { instance, template, reads, open } = (typeof value === "object" && value !== null ? value : {}) as Declared;
  const isGood =
    ["required", "optional", "none"].includes(String(instance)) &&
    (template === undefined || questionTemplates.some((known) => known === template)) &&
    typeof reads === "function" &&
    typeof open === "function";
  return isGood
    ? undefined
    : {
        expected: `{ instance: "required", "optional" or "none", template: ${oneOf(questionTemplates)} or none, reads(config), open(config, host) }`,
      };
};

const hasOpen =
  (...functions: readonly string[]): Check =>
  (value) => {
    const members = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
    const isGood = functions.every((name) => typeof members[name] === "function");
    return isGood ? undefined : { expected: `{ ${functions.map((name) => `${name}(...)`).join(", ")} }` };
  };

/** What an adapter may declare, and what each of it must be. */
const members: Readonly<Record<keyof Adapter, Check>> = {
  type: isName,
  summary: isSentence,
  accepts: takesTemplates,
  config: isSchema,
  open: isFunction,
  ordered: isOptional(isTrueOrFalse),
  limits: isOptional(isFunction),
  endpoints: isOptional(isFunction),
  reads: isOptional(isTexts),
  validate: isOptional(isFunction),
  tupleBudget: isOptional(isFunction),
  checks: isOptional(isChecks),
  rateLimits: isOptional(hasOpen("store", "open")),
  stores: isOptional(hasOpen("open")),
};

/** The adapter that a module exports, or everything that is wrong with it. `name` is what the configuration calls it. */
export function checkDeclaration(module: Readonly<Record<string, unknown>>, name: string): Adapter | PluginFault[] {
  const found = findDeclaration(module, name);
  if ("message" in found) return [found];
  const declared = found.declared as Declared;
  const faults = [
    ...Object.entries(members).flatMap(([member, check]) =>
      faultOf(name, member, () => check(declared[member], declared)),
    ),
    ...Object.keys(declared).flatMap((member) => unknownMember(name, member)),
  ];
  return faults.length > 0 ? faults : (found.declared as Adapter);
}

function faultOf(name: string, member: string, check: () => ReturnType<Check>): PluginFault[] {
  try {
    const fault = check();
    return fault === undefined ? [] : [{ message: `the adapter "${name}" declares no proper "${member}"`, ...fault }];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [{ message: `"${member}" of the adapter "${name}" cannot be used: ${reason}` }];
  }
}

function unknownMember(name: string, member: string): PluginFault[] {
  if (Object.hasOwn(members, member)) return [];
  const suggestion = nearest(member, Object.keys(members));
  const expected = suggestion === undefined ? oneOf(Object.keys(members)) : undefined;
  return [{ message: `the adapter "${name}" declares "${member}", which the hub does not know`, suggestion, expected }];
}
