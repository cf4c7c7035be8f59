import { type ValueType, valueTypes } from "../../schemas/model/value.ts";
import type { CheckedField } from "./checked.ts";

/** The attribute type that a type of the language is; checked expressions of instances have one. */
export function toValueType(type: string): ValueType {
  return valueTypes.find((known) => known === type) ?? "STRING";
}

/** The types of fields by name, in order. */
export function fieldTypes(fields: readonly CheckedField[]): Readonly<Record<string, ValueType>> {
  return Object.fromEntries(fields.map(({ name, expression }) => [name, toValueType(expression.type)]));
}
