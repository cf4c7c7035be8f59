import { type Int64, toInt64 } from "../../../schemas/model/value.ts";
import type { EvalFailure } from "../expression.ts";
import { DOUBLE, DURATION, INT64, type Type, UINT } from "../types.ts";
import { Uint } from "../values.ts";
import { fault, fn, type Overload } from "./overload.ts";

const overflow = fault("the result does not fit into 64 bits");
const divideByZero = fault("division by zero");

/** The signed 64-bit integer, or a fault if it does not fit. */
export function checkedInt64(value: bigint): Int64 | EvalFailure {
  return value >= -0x8000_0000_0000_0000n && value <= 0x7fff_ffff_ffff_ffffn ? toInt64(value) : overflow;
}

/** The unsigned 64-bit integer, or a fault if it does not fit. */
export function checkedUint(value: bigint): Uint | EvalFailure {
  return value >= 0n && value <= 0xffff_ffff_ffff_ffffn ? new Uint(toInt64(value)) : overflow;
}

/** a + b on INT64 and DURATION. */
export function addInt64(a: Int64, b: Int64): Int64 | EvalFailure {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return checkedInt64(BigInt(a) + BigInt(b));
}

/** a - b on INT64 and DURATION. */
export function subtractInt64(a: Int64, b: Int64): Int64 | EvalFailure {
  if (typeof a === "number" && typeof b === "number") {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return checkedInt64(BigInt(a) - BigInt(b));
}

function multiply(a: Int64, b: Int64): Int64 | EvalFailure {
  if (typeof a === "number" && typeof b === "number") {
    const product = a * b;
    if (Number.isSafeInteger(product)) return product + 0; // -0 becomes 0
  }
  return checkedInt64(BigInt(a) * BigInt(b));
}

function divide(a: Int64, b: Int64): Int64 | EvalFailure {
  if (b === 0) return divideByZero;
  if (typeof a === "number" && typeof b === "number") return (a - (a % b)) / b + 0;
  return checkedInt64(BigInt(a) / BigInt(b));
}

function remainder(a: Int64, b: Int64): Int64 | EvalFailure {
  if (b === 0) return divideByZero;
  if (typeof a === "number" && typeof b === "number") return (a % b) + 0;
  return checkedInt64(BigInt(a) % BigInt(b));
}

function negate(a: Int64): Int64 | EvalFailure {
  return subtractInt64(0, a);
}

const onUints = (operate: (a: bigint, b: bigint) => bigint) => (a: Uint, b: Uint) =>
  checkedUint(operate(BigInt(a.value), BigInt(b.value)));

const byUint = (operate: (a: bigint, b: bigint) => bigint) => (a: Uint, b: Uint) =>
  b.value === 0 ? divideByZero : checkedUint(operate(BigInt(a.value), BigInt(b.value)));

const pair = (type: Type) => [type, type];

/** Arithmetic: an overflow of 64 bits is a fault, division cuts off toward zero (CEL language definition, "Numeric Values"). */
export const arithmeticFunctions: readonly Overload[] = [
  fn("_+_", pair(INT64), INT64, addInt64),
  fn("_-_", pair(INT64), INT64, subtractInt64),
  fn("_*_", pair(INT64), INT64, multiply),
  fn("_/_", pair(INT64), INT64, divide),
  fn("_%_", pair(INT64), INT64, remainder),
  fn("-_", [INT64], INT64, negate),
  fn(
    "_+_",
    pair(UINT),
    UINT,
    onUints((a, b) => a + b),
  ),
  fn(
    "_-_",
    pair(UINT),
    UINT,
    onUints((a, b) => a - b),
  ),
  fn(
    "_*_",
    pair(UINT),
    UINT,
    onUints((a, b) => a * b),
  ),
  fn(
    "_/_",
    pair(UINT),
    UINT,
    byUint((a, b) => a / b),
  ),
  fn(
    "_%_",
    pair(UINT),
    UINT,
    byUint((a, b) => a % b),
  ),
  fn("_+_", pair(DOUBLE), DOUBLE, (a: number, b: number) => a + b),
  fn("_-_", pair(DOUBLE), DOUBLE, (a: number, b: number) => a - b),
  fn("_*_", pair(DOUBLE), DOUBLE, (a: number, b: number) => a * b),
  fn("_/_", pair(DOUBLE), DOUBLE, (a: number, b: number) => a / b),
  fn("-_", [DOUBLE], DOUBLE, (a: number) => -a),
  fn("_+_", pair(DURATION), DURATION, addInt64),
  fn("_-_", pair(DURATION), DURATION, subtractInt64),
];
