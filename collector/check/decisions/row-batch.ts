import type { DecisionRow } from "./messages.ts";

/** Rows as they cross to the store's thread. */
export interface PackedRows {
  readonly rows: number;
  /** A line for each: time, weight and body with blanks between. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const FIRST_BYTES = 65_536;
/** Longest time and weight with the blanks and the end of the line. */
const MAX_FRAME = 64;
/** Bytes of a UTF-16 unit in UTF-8, at the most. */
const MAX_UNIT = 3;
const NEWLINE = 10;

/** Rows that wait for the thread, as bytes: texts would be moved again and again by the collector of garbage, and copied to the thread. */
export class RowBatch {
  rows = 0;
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #length = 0;

  /** `body` is JSON, and so has no line ends. */
  add({ timeMs, weight, body }: DecisionRow): void {
    this.#reserve(MAX_FRAME + body.length * MAX_UNIT);
    const bytes = this.#bytes;
    this.#length += bytes.write(`${timeMs} ${weight} `, this.#length, "latin1");
    this.#length += bytes.write(body, this.#length, "utf8");
    bytes[this.#length++] = NEWLINE;
    this.rows++;
  }

  /** Gives what is there, with its memory, and begins anew. */
  take(): PackedRows {
    const { rows } = this;
    const bytes = this.#bytes.subarray(0, this.#length);
    this.#bytes = Buffer.allocUnsafeSlow(this.#bytes.length);
    this.#length = 0;
    this.rows = 0;
    return { rows, bytes };
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/** The rows of a batch. */
export function unpackRows({ bytes }: PackedRows): DecisionRow[] {
  const lines = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8").split("\n");
  return lines.slice(0, -1).map((line) => {
    const first = line.indexOf(" ");
    const second = line.indexOf(" ", first + 1);
    return {
      timeMs: Number(line.slice(0, first)),
      weight: Number(line.slice(first + 1, second)),
      body: line.slice(second + 1),
    };
  });
}
