import type { PlainValue } from "../../schemas/model/instance.ts";
import { toPlainOf } from "../../schemas/model/plain-value.ts";
import type { ValueType } from "../../schemas/model/value.ts";
import type { Slots } from "../expr/expression.ts";
import type { Field } from "./instance-maker.ts";

/** Values of fields by name, as they leave the hub; absent ones are left out. */
export function createPlainFields(fields: readonly Field[]): (values: Slots) => Record<string, PlainValue> {
  const readers = fields.map(({ name, expression }) => ({
    name,
    expression,
    toPlain: toPlainOf(expression.type as ValueType),
  }));
  return (values) => {
    const plain: Record<string, PlainValue> = {};
    for (const { name, expression, toPlain } of readers) {
      const value = toPlain(expression.evaluate(values));
      if (value !== undefined) plain[name] = value;
    }
    return plain;
  };
}
