import { isTimestamp, type Timestamp } from "../../schemas/model/value.ts";
import type { EvalFailure } from "./expression.ts";
import { type Steps, tooManySteps } from "./steps.ts";
import {
  type AnyMap,
  BoxedBlock,
  BoxedDouble,
  BoxedDuration,
  BoxedIp,
  isMap,
  isNumeric,
  type Numeric,
  TypeValue,
  toPrimitive,
} from "./values.ts";

/** Equality of raw values that are primitives: STRING, INT64, DOUBLE (NaN equals nothing), BOOL, DURATION, IP_ADDRESS. */
export function equalPrimitives(a: unknown, b: unknown): boolean {
  return a === b;
}

/** The opposite of `equalPrimitives`. */
export function differentPrimitives(a: unknown, b: unknown): boolean {
  return a !== b;
}

/** Equality of points in time. */
export function equalTimestamps(a: unknown, b: unknown): boolean {
  const [x, y] = [a as Timestamp, b as Timestamp];
  return x.seconds === y.seconds && x.nanos === y.nanos;
}

/**
 * CEL's equality of boxed values: numbers by their value whatever their kind, lists and maps element by
 * element, values of different types are not equal. Takes a step for each element; false or true, or the fault that
 * there were too many.
 */
export function equalBoxed(a: unknown, b: unknown, steps: Steps): boolean | EvalFailure {
  if (!steps.take(1)) return tooManySteps;
  if (isNumeric(a)) return isNumeric(b) && compareNumbers(a, b) === 0;
  if (typeof a !== "object" || a === null) return a === b;
  if (Array.isArray(a)) return Array.isArray(b) && equalLists(a, b, steps);
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (isMap(a)) return isMap(b) && equalMaps(a, b, steps);
  return equalOthers(a, b);
}

function equalOthers(a: object, b: unknown): boolean {
  if (a instanceof BoxedDuration) return b instanceof BoxedDuration && a.nanos === b.nanos;
  if (a instanceof BoxedIp) return b instanceof BoxedIp && a.text === b.text;
  if (a instanceof TypeValue) return b instanceof TypeValue && a.name === b.name;
  if (a instanceof BoxedBlock) return b instanceof BoxedBlock && a.block.text === b.block.text;
  return isTimestamp(a) && isTimestamp(b) && equalTimestamps(a, b);
}

function equalLists(a: readonly unknown[], b: readonly unknown[], steps: Steps): boolean | EvalFailure {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    const equal = equalBoxed(a[i], b[i], steps);
    if (equal !== true) return equal;
  }
  return true;
}

function equalMaps(a: AnyMap, b: AnyMap, steps: Steps): boolean | EvalFailure {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) {
    if (!b.has(key)) return false;
    const equal = equalBoxed(value, b.get(key), steps);
    if (equal !== true) return equal;
  }
  return true;
}

/** True if the boxed value equals an element of the list. */
export function isElement(value: unknown, list: unknown, steps: Steps): boolean | EvalFailure {
  for (const element of list as readonly unknown[]) {
    const equal = equalBoxed(value, element, steps);
    if (equal !== false) return equal;
  }
  return false;
}

/** Order of two texts by code points, which is also that of their UTF-8 bytes: negative, zero or positive. */
export function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above all others, though their units are not the highest. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}

/** Order of two points in time. */
export function compareTimestamps(a: Timestamp, b: Timestamp): number {
  return a.seconds - b.seconds || a.nanos - b.nanos;
}

/** Order of two boxed values; NaN where they are numbers without order, undefined if their types have no order between them. */
export function compareBoxed(a: unknown, b: unknown): number | undefined {
  if (isNumeric(a) && isNumeric(b)) return compareNumbers(a, b);
  if (typeof a === "string" && typeof b === "string") return compareTexts(a, b);
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  if (a instanceof BoxedDuration && b instanceof BoxedDuration) return comparePrimitives(a.nanos, b.nanos);
  return isTimestamp(a) && isTimestamp(b) ? compareTimestamps(a, b) : undefined;
}

/** Whole numbers are compared exactly, a whole number and a DOUBLE as two DOUBLEs. NaN if one is NaN. */
function compareNumbers(a: Numeric, b: Numeric): number {
  const [x, y] = [toPrimitive(a), toPrimitive(b)];
  const real = a instanceof BoxedDouble || b instanceof BoxedDouble;
  return real ? comparePrimitives(Number(x), Number(y)) : comparePrimitives(x, y);
}

function comparePrimitives(a: number | bigint, b: number | bigint): number {
  if (a < b) return -1;
  return a > b ? 1 : a === b ? 0 : Number.NaN;
}
