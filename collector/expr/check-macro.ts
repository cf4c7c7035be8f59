import type { Bind, Comprehension } from "./ast.ts";
import type { Checker } from "./check.ts";
import type { Checked } from "./checked.ts";
import { coerce } from "./coerce.ts";
import { BOOL, DYN, INT64, isDynamic, listOf, mapOf, type Type, typeName } from "./types.ts";

/** A macro over a list or map. */
export function checkComprehension(checker: Checker, node: Comprehension): Checked {
  const { at, does, names } = node;
  const range = checker.check(node.range);
  const types = variableTypes(range.type, names.length);
  if (types.length === 0) return checker.report(at, `${does}() takes a list or a map, got ${typeName(range.type)}`);
  const locals = types.map((type, i) => ({ name: names[i] as string, type }));
  return checker.withLocals(locals, (first) => {
    const filter = node.filter && checker.expect(node.filter, BOOL, `the condition of ${does}()`);
    const maps = does === "map" || does === "transformMap";
    const body = maps ? checker.check(node.body) : checker.expect(node.body, BOOL, `the condition of ${does}()`);
    const type = resultType(does, range.type, body.type);
    const second = types.length === 2 ? first + 1 : undefined;
    return { op: "comprehension", type, does, range, first, second, filter, body: maps ? coerce(body, DYN) : body };
  });
}

/** A name for a value; a failure of the value is one where the name is used. */
export function checkBind(checker: Checker, { name, value, body }: Bind): Checked {
  const checked = checker.check(value);
  return checker.withLocals([{ name, type: checked.type }], (index) => {
    const inner = checker.check(body);
    return { op: "bind", type: inner.type, index, value: coerce(checked, DYN), body: inner };
  });
}

/** The types of a macro's variables: element or key; index and element, or key and value. Empty if there is nothing to go through. */
function variableTypes(range: Type, count: number): readonly Type[] {
  if (range.kind === "list") return count === 1 ? [range.element] : [INT64, range.element];
  if (range.kind === "map") return count === 1 ? [range.key] : [range.key, range.value];
  if (!isDynamic(range)) return [];
  return count === 1 ? [range] : [range, range];
}

function resultType(does: Comprehension["does"], range: Type, body: Type): Type {
  if (does === "map") return listOf(body);
  if (does === "transformMap")
    return mapOf(range.kind === "map" ? range.key : range.kind === "list" ? INT64 : DYN, body);
  if (does !== "filter") return BOOL;
  return listOf(range.kind === "list" ? range.element : range.kind === "map" ? range.key : DYN);
}
