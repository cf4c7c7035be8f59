import type { Vocabulary } from "../../schemas/attributes/vocabulary.ts";
import { type FunctionTable, nativeFunctions } from "./functions/table.ts";
import { type Type, typeOfAttribute } from "./types.ts";

/** What names mean to the checker. */
export interface Environment {
  /** The slot and type of an attribute; undefined if there is none of that name. */
  attribute(name: string): { readonly slot: number; readonly type: Type } | undefined;
  /** All attribute names, for suggestions. */
  names(): Iterable<string>;
  readonly functions: FunctionTable;
}

/** The environment of a vocabulary. */
export function environmentOf(vocabulary: Vocabulary, functions: FunctionTable = nativeFunctions): Environment {
  return {
    attribute(name) {
      const slot = vocabulary.slot(name);
      const type = vocabulary.typeOf(name);
      return slot === undefined || type === undefined ? undefined : { slot, type: typeOfAttribute(type) };
    },
    names: () => vocabulary.attributes.map(({ name }) => name),
    functions,
  };
}
