import { isDeepStrictEqual } from "node:util";
import type { Difference } from "./compare.ts";

/** A value as JSON has it, or undefined where there is none. */
export type Plain =
  | string
  | number
  | boolean
  | null
  | undefined
  | { readonly [name: string]: Plain }
  | readonly Plain[];

/** Everything in which a value is not as expected. Of objects, the members that are named count; null: there must be none. */
export function differencesIn(field: string, expected: unknown, got: unknown): Difference[] {
  if (isObject(expected) && isObject(got))
    return Object.entries(expected).flatMap(([name, value]) =>
      differencesIn(`${field}.${name}`, value ?? undefined, got[name]),
    );
  if (Array.isArray(expected) && Array.isArray(got))
    return differencesInList(field, expected as readonly Plain[], got as readonly Plain[]);
  return isDeepStrictEqual(expected, got) ? [] : [{ field, expected, got }];
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Everything in which a list is not as expected: it is whole and in order. */
export function differencesInList(field: string, expected: readonly unknown[], got: readonly unknown[]): Difference[] {
  const places = Math.max(expected.length, got.length);
  return Array.from({ length: places }, (_, i) => differencesIn(`${field}[${i}]`, expected[i], got[i])).flat();
}
