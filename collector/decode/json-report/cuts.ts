import type { RawRecord, RejectedRecord } from "../../../schemas/model/raw-record.ts";
import { placeOf } from "./scan.ts";

/** How many records a report may hold, and how large one may be. */
export interface ReportLimits {
  readonly maxRecords: number;
  /** Longest text of one record, in characters. */
  readonly maxRecordLength: number;
  /** Levels of lists and objects in one record. */
  readonly maxDepth: number;
}

/** A report that is no JSON, or is not made of records, with the place in the text. */
export class ReportError extends Error {
  readonly code: "MALFORMED_JSON" | "NOT_A_REPORT" | "TOO_MANY_RECORDS";
  /** Line and column from 1, and characters before the place. */
  readonly place: { readonly line: number; readonly column: number; readonly offset: number };

  constructor(code: ReportError["code"], message: string, text: string, offset: number) {
    const place = placeOf(text, offset);
    super(`${message} at line ${place.line} column ${place.column}`);
    this.name = "ReportError";
    this.code = code;
    this.place = { ...place, offset };
  }
}

/** A report whose records are known, but not read yet. */
export interface Report {
  /** All records, refused ones included. */
  readonly count: number;
  /** Records that can be told from the others but are no JSON, or too large. */
  readonly refused: readonly RejectedRecord[];
  /** Reads the next records, at most about `maxLength` characters of them; none at the end. */
  next(maxRecords: number, maxLength: number): RawRecord[];
}

/** What some write before their text. */
export const BYTE_ORDER_MARK = 0xfeff;

/** Characters that are looked at in one turn. */
export const TURN_LENGTH = 262_144;

/** Where the records of a text begin and end, as they are found. */
export class Cuts {
  readonly text: string;
  readonly #limits: ReportLimits;
  readonly #bounds: number[] = [];
  readonly #indexes: number[] = [];
  readonly #refused: RejectedRecord[] = [];
  #count = 0;

  constructor(text: string, limits: ReportLimits) {
    this.text = text;
    this.#limits = limits;
  }

  /** A record from `start` to `end`. */
  add(start: number, end: number): void {
    const { maxRecordLength } = this.#limits;
    if (end - start > maxRecordLength) {
      this.refuse(start, "too_large", `expected a record of at most ${maxRecordLength} characters, got ${end - start}`);
      return;
    }
    this.#indexes.push(this.#number(start));
    this.#bounds.push(start, end);
  }

  /** A record that cannot be read. */
  refuse(start: number, reason: string, error: string): void {
    this.#refused.push({ index: this.#number(start), reason, error });
  }

  #number(offset: number): number {
    const { maxRecords } = this.#limits;
    if (this.#count === maxRecords)
      throw new ReportError("TOO_MANY_RECORDS", `expected at most ${maxRecords} records, got more`, this.text, offset);
    return this.#count++;
  }

  /** All that was found. */
  toReport(): Report {
    const [text, bounds, indexes] = [this.text, this.#bounds, this.#indexes];
    let done = 0;
    return {
      count: this.#count,
      refused: this.#refused,
      next(maxRecords, maxLength) {
        const records: RawRecord[] = [];
        for (let length = 0; done < indexes.length && records.length < maxRecords && length < maxLength; done++) {
          const [start, end] = [bounds[2 * done] as number, bounds[2 * done + 1] as number];
          length += end - start;
          records.push({ index: indexes[done] as number, value: JSON.parse(text.slice(start, end)) });
        }
        return records;
      },
    };
  }
}
