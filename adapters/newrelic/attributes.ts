import type { PlainValue } from "../../schemas/model/instance.ts";

/** A value that New Relic stores. */
export type Scalar = string | number | boolean;

/** Attributes by name, without nesting. */
export type Attributes = Readonly<Record<string, Scalar>>;

/** What one API takes of attributes. */
export interface AttributeLimits {
  /** Most attributes of one entry. */
  readonly count: number;
  /** Most characters of a value. */
  readonly value: number;
}

/** Told what was cut: `names`, `values` or `count`. */
export type OnCut = (what: "names" | "values" | "count") => void;

/** Makes attributes of fields, within the limits of what they are for. */
export type Fit = (fields: Readonly<Record<string, PlainValue>>) => Attributes;

/** Most characters of a name, in all APIs. */
const maxName = 255;

/** Fields as attributes: string maps become an attribute for each key; what is beyond the limits is cut off. */
export function toAttributes(
  fields: Readonly<Record<string, PlainValue>>,
  limits: AttributeLimits,
  onCut: OnCut,
): Attributes {
  const flat = Object.entries(fields).flatMap(([name, value]) => flatten(name, value));
  if (flat.length > limits.count) onCut("count");
  return Object.fromEntries(
    flat
      .slice(0, limits.count)
      .map(([name, value]) => [
        cut(name, maxName, () => onCut("names")),
        typeof value === "string" ? cut(value, limits.value, () => onCut("values")) : value,
      ]),
  );
}

function flatten(name: string, value: PlainValue): readonly (readonly [string, Scalar])[] {
  if (typeof value !== "object") return [[name, value]];
  return Object.entries(value).map(([key, text]) => [`${name}.${key}`, text]);
}

/** The beginning of a text, without half a character at its end. */
function cut(text: string, max: number, onCut: () => void): string {
  if (text.length <= max) return text;
  onCut();
  const end = text.codePointAt(max - 1)! > 0xffff ? max - 1 : max;
  return text.slice(0, end);
}
