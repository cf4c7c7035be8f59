import { other } from "./dimensions.ts";

/** In every table, the id of no text at all. */
export const absentId = 0;
/** In every table, the id of any text beyond the budget. */
export const otherId = 1;

/** Texts longer than this (UTF-16 units) count as beyond the budget. */
export const maxTextLength = 1024;

/** Ids for texts: insert-only and bounded. A text beyond the budget gets the id of `{other}` and is counted. */
export class StringTable {
  readonly texts: (string | undefined)[] = [undefined, other];
  /** How often a text was beyond the budget. */
  overflowed = 0;
  readonly #ids = new Map<string, number>([[other, otherId]]);
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** The id of a value; what is no text is absent. */
  id(value: unknown): number {
    if (typeof value !== "string") return absentId;
    return this.#ids.get(value) ?? this.#add(value);
  }

  /** How full the table is, 0..1. */
  get fill(): number {
    return this.texts.length / this.#capacity;
  }

  #add(text: string): number {
    if (this.texts.length >= this.#capacity || text.length > maxTextLength) {
      this.overflowed++;
      return otherId;
    }
    const id = this.texts.push(text) - 1;
    this.#ids.set(text, id);
    return id;
  }
}
