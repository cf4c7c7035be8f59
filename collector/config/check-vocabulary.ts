import type { Attribute } from "../../schemas/attributes/attribute.ts";
import { createVocabulary, type Vocabulary } from "../../schemas/attributes/vocabulary.ts";
import type { ValueType } from "../../schemas/model/value.ts";
import { valueTypes } from "../../schemas/model/value.ts";
import type { Report } from "./problem.ts";
import { child, type Entry, textOf } from "./tree.ts";

/** The vocabulary of a configuration, and the attributes it declares wrongly, about which nothing more is to be said. */
export interface CheckedVocabulary {
  readonly vocabulary: Vocabulary;
  readonly faulty: readonly string[];
}

const builtIn = createVocabulary();

/** Words that begin something else in an expression (reserved words of CEL and the names of types). */
const reserved = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while has".split(
    " ",
  ),
);

/** Joins declared attributes to the built-in ones. Declaring a built-in one again is fine as long as the type is the same. */
export function defineVocabulary(declared: readonly Entry[], report: Report): CheckedVocabulary {
  const attributes: Attribute[] = [];
  const faulty: string[] = [];
  for (const { key, keyAt, value } of declared) {
    const type = textOf(child(value, "type"));
    const path = ["vocabulary", key];
    const builtInType = builtIn.typeOf(key);
    const fault = nameFault(key);
    if (fault !== undefined) report({ at: keyAt, path, ...fault });
    if (fault !== undefined || !isValueType(type)) faulty.push(key);
    else if (builtInType === undefined)
      attributes.push({ name: key, type, meaning: textOf(child(value, "meaning")) ?? "" });
    else if (builtInType !== type) {
      report({
        at: child(value, "type")?.at ?? keyAt,
        path: [...path, "type"],
        message: `"${key}" is built in and of another type`,
        expected: builtInType,
      });
    }
  }
  return { vocabulary: createVocabulary(attributes), faulty };
}

function nameFault(name: string): { message: string; expected: string } | undefined {
  if (!/^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/.test(name)) {
    return {
      message: `"${name}" cannot name an attribute`,
      expected: "words of letters, digits and _, joined by dots",
    };
  }
  const word = name.split(".").find((part) => reserved.has(part));
  return word === undefined
    ? undefined
    : { message: `"${name}" cannot name an attribute: "${word}" is a word of the language`, expected: "another name" };
}

const isValueType = (type: string | undefined): type is ValueType =>
  (valueTypes as readonly (string | undefined)[]).includes(type);
