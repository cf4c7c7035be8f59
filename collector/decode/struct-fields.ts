import { isText, MapScan } from "./map-scan.ts";

const maxNames = 8;

/** Finds single values in a google.protobuf.Struct, without reading the others. */
export class StructFields {
  readonly #scan = new MapScan();
  /** Start and end of the Value of each name; end 0 where there is none. */
  readonly #ranges = new Int32Array(maxNames * 2);

  /** Whether the last struct was malformed; nothing is found in one. */
  get isMalformed(): boolean {
    return this.#scan.isMalformed;
  }

  /** Where the Value of a name begins, by its place among the names that were looked for. */
  startOf(place: number): number {
    return this.#ranges[place * 2]!;
  }

  /** Where it ends; 0 if there is none. */
  endOf(place: number): number {
    return this.isMalformed ? 0 : this.#ranges[place * 2 + 1]!;
  }

  /** Looks for up to eight fields by their ASCII names: the last of each name, as everywhere in protobuf. */
  find(bytes: Uint8Array, start: number, end: number, names: readonly string[]): void {
    const scan = this.#scan;
    for (let place = 0; place < names.length; place++) this.#ranges[place * 2 + 1] = 0;
    scan.begin(bytes, start, end, 1);
    while (scan.next()) {
      const place = placeOf(bytes, scan.keyStart, scan.keyEnd, names);
      if (place < 0) continue;
      this.#ranges[place * 2] = scan.valueStart;
      this.#ranges[place * 2 + 1] = scan.valueEnd;
    }
  }
}

function placeOf(bytes: Uint8Array, start: number, end: number, names: readonly string[]): number {
  for (let place = 0; place < names.length; place++)
    if (isText(bytes, start, end, names[place] as string)) return place;
  return -1;
}

/** Where the text of a Value begins that is nothing else, and short: text goes to the end; -1 for any other. */
export const textStart = (bytes: Uint8Array, start: number, end: number): number =>
  end - start >= 2 && end - start < 130 && bytes[start] === 26 && bytes[start + 1] === end - start - 2 ? start + 2 : -1;
