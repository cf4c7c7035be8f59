import { parse } from "yaml";
import type { Attribute } from "../../schemas/attributes/attribute.ts";
import { createVocabulary, type Vocabulary } from "../../schemas/attributes/vocabulary.ts";
import { nearest } from "../../schemas/model/nearest.ts";
import { type ValueType, valueTypes } from "../../schemas/model/value.ts";
import { HubError } from "../errors.ts";

/** The vocabularies that a file gives, by name; the only one of a file without names is called "". */
export type Vocabularies = ReadonlyMap<string, Vocabulary>;

/** A vocabulary of these attributes and no others. */
export function vocabularyOf(attributes: readonly Attribute[]): Vocabulary {
  const slots = new Map(attributes.map(({ name }, slot) => [name, slot]));
  return {
    attributes,
    slot: (name) => slots.get(name),
    typeOf: (name) => attributes[slots.get(name) ?? -1]?.type,
  };
}

/** A vocabulary from plain data: name to type. Throws an Error that names what is wrong. */
export function toVocabulary(data: unknown): Vocabulary {
  if (!isObject(data))
    throw new Error('a vocabulary is an object of names and types, such as {"request.path":"STRING"}');
  return vocabularyOf(Object.entries(data).map(([name, type]) => ({ name, type: toType(name, type), meaning: "" })));
}

function toType(name: string, given: unknown): ValueType {
  const text = isObject(given) ? given.type : given;
  const type = valueTypes.find((known) => known === text);
  if (type) return type;
  const meant = nearest(String(text), valueTypes);
  const hint = meant === undefined ? `one of ${valueTypes.join(", ")}` : `did you mean ${meant}?`;
  throw new Error(`attribute ${JSON.stringify(name)} has the unknown type ${JSON.stringify(text)}; ${hint}`);
}

/** Reads a file of one vocabulary, or of several below the key `vocabularies`. Throws a HubError CONFIG_INVALID. */
export function readVocabularies(path: string, text: string): Vocabularies {
  try {
    const data: unknown = parse(text);
    const named = isObject(data) ? data.vocabularies : undefined;
    if (!isObject(named)) return new Map([["", toVocabulary(data)]]);
    return new Map(Object.entries(named).map(([name, vocabulary]) => [name, toVocabulary(vocabulary)]));
  } catch (cause) {
    throw new HubError("CONFIG_INVALID", `${path}: ${messageOf(cause)}`, { cause });
  }
}

/** The vocabulary to use where none is named: the only one of the file, or without a file the built-in attributes. */
export function defaultVocabulary(vocabularies: Vocabularies): Vocabulary | undefined {
  if (vocabularies.size === 0) return createVocabulary();
  return vocabularies.size === 1 ? vocabularies.values().next().value : undefined;
}

/** True for an object of plain data. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The text of a fault. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
