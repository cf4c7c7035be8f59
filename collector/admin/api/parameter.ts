import { z } from "zod";
import { nearest } from "../../../schemas/model/nearest.ts";
import type { ApiProblem } from "./api-error.ts";

/** What is wrong with a parameter's text; its name is added later. */
export type TextProblem = Omit<ApiProblem, "parameter">;

/** What reading a parameter's text gives. */
export type Read<T> = { readonly value: T } | { readonly problem: TextProblem };

/** Names in an error that are not ours are cut off here. */
const maxEcho = 100;

/** A piece of what was sent, for a message. */
export const quote = (text: string): string =>
  JSON.stringify(text.length > maxEcho ? `${text.slice(0, maxEcho)}...` : text);

/** Keeps what is wrong in the issue, for `toProblems`. */
const problemKey = "problem";

/** A parameter read from its text. `shape` is its JSON Schema, for the documentation. */
export function textParameter<T>(read: (text: string) => Read<T>, shape: Readonly<Record<string, unknown>>) {
  return z
    .string()
    .transform((text, context): T => {
      const result = read(text);
      if ("value" in result) return result.value;
      context.addIssue({
        code: "custom",
        message: result.problem.message,
        params: { [problemKey]: result.problem },
      });
      return z.NEVER;
    })
    .meta({ ...shape });
}

/** One of several names; `wrong` says of another what is wrong with it. */
export function oneOf<const Name extends string>(names: readonly Name[], wrong = "is not known") {
  return textParameter((text) => readName(text, names, wrong), { type: "string", enum: [...names] });
}

/** Names with commas between them, each once. */
export function listOf<const Name extends string>(
  names: readonly Name[],
  { maxItems = names.length, wrong = "is not known" } = {},
) {
  const read = (text: string): Read<Name[]> => {
    const parts = text.split(",", maxItems + 1);
    if (parts.length > maxItems) return { problem: { message: `more than ${maxItems} names`, allowed: names } };
    return readList(parts, names, wrong);
  };
  return textParameter(read, {
    type: "array",
    items: { type: "string", enum: [...names] },
    minItems: 1,
    maxItems,
    uniqueItems: true,
  });
}

/** A whole number within bounds. */
export function wholeNumber(least: number, most: number) {
  const read = (text: string): Read<number> => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return { value };
    return { problem: { message: `${quote(text)} is no whole number from ${least} to ${most}` } };
  };
  return textParameter(read, { type: "integer", minimum: least, maximum: most });
}

/** true or false. */
export const truth = textParameter(
  (text): Read<boolean> => {
    const read = readName(text, ["true", "false"], "is neither true nor false");
    return "value" in read ? { value: read.value === "true" } : read;
  },
  { type: "boolean" },
);

/** Text up to a length, as it is. */
export function text(maxLength: number) {
  const read = (value: string): Read<string> =>
    value.length <= maxLength
      ? { value }
      : { problem: { message: `${value.length} characters are more than the ${maxLength} allowed` } };
  return textParameter(read, { type: "string", maxLength });
}

function readName<Name extends string>(text: string, names: readonly Name[], wrong: string): Read<Name> {
  const value = names.find((name) => name === text);
  if (value !== undefined) return { value };
  const suggestion = text.length > maxEcho ? undefined : nearest(text, names);
  return { problem: { message: `${quote(text)} ${wrong}`, allowed: names, suggestion } };
}

function readList<Name extends string>(parts: readonly string[], names: readonly Name[], wrong: string): Read<Name[]> {
  const value: Name[] = [];
  for (const part of parts) {
    const read = readName(part.trim(), names, wrong);
    if ("problem" in read) return read;
    if (!value.includes(read.value)) value.push(read.value);
  }
  return { value };
}

/** Everything that is wrong with the parameters of a request. `names` are those that the route knows. */
export function toProblems({ issues }: z.ZodError, names: readonly string[]): ApiProblem[] {
  return issues.flatMap((issue): ApiProblem[] => {
    if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownParameter(key, names));
    const parameter = String(issue.path[0] ?? "");
    if (issue.code === "custom") return [{ parameter, ...(issue.params?.[problemKey] as TextProblem) }];
    const given = "input" in issue ? issue.input : undefined;
    return [{ parameter, message: Array.isArray(given) ? "given more than once" : "is required" }];
  });
}

function unknownParameter(key: string, names: readonly string[]): ApiProblem {
  const suggestion = key.length > maxEcho ? undefined : nearest(key, names);
  return { parameter: key.slice(0, maxEcho), message: "there is no such parameter", allowed: names, suggestion };
}
