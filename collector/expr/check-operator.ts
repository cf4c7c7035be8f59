import type { Timestamp } from "../../schemas/model/value.ts";
import { type Call, type Node, startOf } from "./ast.ts";
import type { Checker } from "./check.ts";
import { keyOf } from "./check-name.ts";
import type { Apply, Checked } from "./checked.ts";
import { broken, call, callWithSteps, coerce } from "./coerce.ts";
import {
  compareBoxed,
  compareTexts,
  compareTimestamps,
  differentPrimitives,
  equalBoxed,
  equalPrimitives,
  equalTimestamps,
  isElement,
} from "./equality.ts";
import { elementAt } from "./functions/lists.ts";
import { noSuchOverload } from "./functions/overload.ts";
import { BOOL, DYN, INT64, isAssignable, isDynamic, isNumber, isText, join, type Type, typeName } from "./types.ts";
import { needsBox, unbox } from "./values.ts";

const primitives: ReadonlySet<string> = new Set(["STRING", "INT64", "DOUBLE", "BOOL", "DURATION", "IP_ADDRESS"]);

/** `==` and `!=`: both sides of one type; values of dynamic types may be of any. */
export function checkEquality(checker: Checker, { at, name }: Call, left: Node, right: Node): Checked {
  const [a, b] = [checker.check(left), checker.check(right)];
  if (a.type.kind === "error" || b.type.kind === "error") return broken;
  const type = join(a.type, b.type);
  if (!type) return checker.report(at, mismatch(name, a, b));
  const equal = name === "_==_";
  if (primitives.has(type.kind) || isText(type)) {
    return call(name, BOOL, [a, b], equal ? equalPrimitives : differentPrimitives);
  }
  if (type.kind === "TIMESTAMP") {
    return call(name, BOOL, [a, b], equal ? equalTimestamps : (x, y) => !equalTimestamps(x, y));
  }
  const boxed = [coerce(a, DYN), coerce(b, DYN)];
  if (equal) return callWithSteps(name, BOOL, boxed, equalBoxed);
  return callWithSteps(name, BOOL, boxed, (x, y, steps) => {
    const same = equalBoxed(x, y, steps);
    return typeof same === "boolean" ? !same : same;
  });
}

function mismatch(name: string, a: Checked, b: Checked): string {
  const sign = name.slice(1, -1);
  const hint = remedy(a, b) ?? remedy(b, a) ?? `expected ${typeName(a.type)} on both sides`;
  return `${sign} needs both sides of one type, got ${typeName(a.type)} and ${typeName(b.type)}; ${hint}`;
}

/** What to write in place of a literal of the wrong type. */
function remedy(value: Checked, literal: Checked): string | undefined {
  if (literal.op !== "constant") return undefined;
  const expected = `expected ${typeName(value.type)}, written `;
  const text = typeof literal.value === "string" ? literal.value : undefined;
  if (literal.type.kind === "null") return "whether an attribute is there is asked with has()";
  if (value.type.kind === "DOUBLE" && literal.type.kind === "INT64") return `${expected}${literal.value}.0`;
  if (value.type.kind === "STRING" && isNumber(literal.type)) return `${expected}"${literal.value}"`;
  if (text === undefined) return undefined;
  if (value.type.kind === "INT64" && /^-?\d+$/.test(text)) return `${expected}${text}`;
  const makers: Readonly<Record<string, string>> = { IP_ADDRESS: "ip", DURATION: "duration", TIMESTAMP: "timestamp" };
  const maker = makers[value.type.kind];
  return maker && `${expected}${maker}(${JSON.stringify(text)})`;
}

type Order = "_<_" | "_<=_" | "_>_" | "_>=_";

const onPrimitives: Readonly<Record<Order, (a: number, b: number) => boolean>> = {
  "_<_": (a, b) => a < b,
  "_<=_": (a, b) => a <= b,
  "_>_": (a, b) => a > b,
  "_>=_": (a, b) => a >= b,
};

/** `<`, `<=`, `>`, `>=`: numbers of any two kinds, texts, times, durations, truth values, bytes. */
export function checkOrder(checker: Checker, { at, name }: Call, left: Node, right: Node): Checked {
  const [a, b] = [checker.check(left), checker.check(right)];
  if (a.type.kind === "error" || b.type.kind === "error") return broken;
  const apply = orderOf(name as Order, a.type, b.type);
  if (!apply) {
    const same = a.type.kind === b.type.kind;
    return checker.report(at, same ? `values of ${typeName(a.type)} have no order` : mismatch(name, a, b));
  }
  const boxed = isDynamic(a.type) || isDynamic(b.type) || a.type.kind === "uint" || b.type.kind === "uint";
  return call(name, BOOL, boxed ? [coerce(a, DYN), coerce(b, DYN)] : [a, b], apply);
}

function orderOf(name: Order, a: Type, b: Type): Apply | undefined {
  const compare = onPrimitives[name];
  const boxed: Apply = (x, y) => {
    const order = compareBoxed(x, y);
    return order === undefined ? noSuchOverload(name, [x, y]) : compare(order, 0);
  };
  if (isDynamic(a) || isDynamic(b)) return boxed;
  if (isNumber(a) && isNumber(b)) {
    if (a.kind === "uint" || b.kind === "uint") return boxed;
    return a.kind === b.kind ? (compare as Apply) : (x, y) => compare(Number(x), Number(y));
  }
  if (isText(a) && isText(b)) return (x, y) => compare(compareTexts(x as string, y as string), 0);
  if (a.kind !== b.kind) return undefined;
  if (a.kind === "BOOL" || a.kind === "DURATION") return compare as Apply;
  if (a.kind === "TIMESTAMP") return (x, y) => compare(compareTimestamps(x as Timestamp, y as Timestamp), 0);
  return a.kind === "bytes" ? boxed : undefined;
}

/** `in`: an element of a list, or a key of a map. */
export function checkIn(checker: Checker, { at, name }: Call, left: Node, right: Node): Checked {
  const [a, b] = [checker.check(left), checker.check(right)];
  if (a.type.kind === "error" || b.type.kind === "error") return broken;
  if (!isDynamic(b.type) && b.type.kind !== "list" && b.type.kind !== "map") {
    return checker.report(at, `the right side of in must be a list or a map, got ${typeName(b.type)}`);
  }
  const inner = b.type.kind === "list" ? b.type.element : b.type.kind === "map" ? b.type.key : DYN;
  if (!join(a.type, inner)) {
    return checker.report(
      at,
      `in needs a ${typeName(inner)} on its left for a ${typeName(b.type)}, got ${typeName(a.type)}`,
    );
  }
  const value = coerce(a, DYN);
  if (b.type.kind === "map") return { op: "hasKey", type: BOOL, map: b, key: value };
  if (b.type.kind === "list") return callWithSteps(name, BOOL, [value, b], isElement);
  return { op: "hasKey", type: BOOL, map: b, key: value };
}

/** `list[index]` and `map[key]`. */
export function checkIndex(checker: Checker, { at }: Call, left: Node, right: Node): Checked {
  const [a, b] = [checker.check(left), checker.check(right)];
  if (a.type.kind === "error" || b.type.kind === "error") return broken;
  if (a.type.kind === "list") {
    if (!isAssignable(b.type, INT64))
      return checker.report(startOf(right), `a list is indexed by INT64, got ${typeName(b.type)}`);
    const { element } = a.type;
    const read = call("_[_]", element, [a, coerce(b, DYN)], elementAt as Apply);
    return needsBox(element) ? call("unbox", element, [read], unbox) : read;
  }
  if (a.type.kind === "map" && !isAssignable(b.type, a.type.key)) {
    return checker.report(
      startOf(right),
      `${typeName(a.type)} is indexed by ${typeName(a.type.key)}, got ${typeName(b.type)}`,
    );
  }
  if (a.type.kind === "map" || isDynamic(a.type)) return keyOf(a, b);
  return checker.report(at, `${typeName(a.type)} cannot be indexed`);
}
