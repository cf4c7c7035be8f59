import type { ListLiteral, MapLiteral, Node } from "./ast.ts";
import type { Checker } from "./check.ts";
import type { Checked } from "./checked.ts";
import { broken, coerce, constant } from "./coerce.ts";
import { EvalFailure } from "./expression.ts";
import { literalMap } from "./literal-map.ts";
import { DYN, isDynamic, joinAll, listOf, mapOf, typeName } from "./types.ts";

/** A list; its elements are boxed, and of a dynamic type if they have none in common. */
export function checkList(checker: Checker, { elements }: ListLiteral): Checked {
  const checked = elements.map((element) => checker.check(element));
  const type = listOf(joinAll(checked.map((element) => element.type)));
  const boxed = checked.map((element) => coerce(element, DYN));
  if (!boxed.every((element) => element.op === "constant")) return { op: "list", type, elements: boxed };
  return constant(
    type,
    boxed.map(({ value }) => value),
  );
}

/** A map; its keys and values are boxed. */
export function checkMap(checker: Checker, { entries }: MapLiteral): Checked {
  const keys = entries.map(({ key }) => checkKey(checker, key));
  const values = entries.map(({ value }) => checker.check(value));
  const type = mapOf(joinAll(keys.map((key) => key.type)), joinAll(values.map((value) => value.type)));
  const boxedKeys = keys.map((key) => coerce(key, DYN));
  const boxed = values.map((value) => coerce(value, DYN));
  if (!boxedKeys.every((key) => key.op === "constant") || !boxed.every((value) => value.op === "constant")) {
    return { op: "map", type, keys: boxedKeys, values: boxed };
  }
  if (keys.some((key) => key.type.kind === "error")) return broken;
  const map = literalMap(
    boxedKeys.map(({ value }) => value),
    boxed.map(({ value }) => value),
  );
  return map instanceof EvalFailure ? checker.report(entries[0]?.key.at ?? 0, map.message) : constant(type, map);
}

function checkKey(checker: Checker, node: Node): Checked {
  const key = checker.check(node);
  const { kind } = key.type;
  const fits = isDynamic(key.type) || kind === "INT64" || kind === "uint" || kind === "BOOL" || kind === "STRING";
  return fits
    ? key
    : checker.report(node.at, `a map key must be STRING, INT64, uint or BOOL, got ${typeName(key.type)}`);
}
