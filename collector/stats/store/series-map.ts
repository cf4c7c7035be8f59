import type { Definitions } from "../aggregator.ts";
import { textCount } from "../dimensions.ts";
import { definitionWidth } from "../series-table.ts";
import type { Dictionary } from "./dictionary.ts";

/** Turns the series ids of an intake into those of the store, as its definitions come in. */
export class SeriesMap {
  readonly #dictionary: Dictionary;
  #generation = -1;
  #texts: (string | undefined)[] = [];
  #ids: number[] = [];
  #used = new Set<number>();

  constructor(dictionary: Dictionary) {
    this.#dictionary = dictionary;
  }

  /** Takes definitions in; those of another generation replace all former ones. */
  define({ generation, texts, series }: Definitions): void {
    if (generation !== this.#generation) {
      this.#generation = generation;
      this.#texts = [];
      this.#ids = [];
      this.#used = new Set();
    }
    for (const text of texts) this.#texts.push(text);
    for (let at = 0; at < series.length; at += definitionWidth) this.#add(series, at);
  }

  /** The store's id for a series of the intake. */
  idOf(series: number): number {
    return this.#ids[series]!;
  }

  /** Whether a series of the store may come again. */
  isUsed(id: number): boolean {
    return this.#used.has(id);
  }

  #add(series: Int32Array, at: number): void {
    const texts = Array.from(series.subarray(at, at + textCount), (text) => this.#texts[text]);
    const [code, mtls, reporter, verdict] = series.subarray(at + textCount, at + definitionWidth);
    const id = this.#dictionary.idOf({ texts, code: code!, mtls: mtls!, reporter: reporter!, verdict: verdict! });
    this.#ids.push(id);
    this.#used.add(id);
  }
}
