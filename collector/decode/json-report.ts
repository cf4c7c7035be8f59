import type { RawRecord, RejectedRecord } from "../../schemas/model/raw-record.ts";
import { createJsonScanner, JsonFault, type JsonScanner, placeOf } from "./json-report/scan.ts";

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

/** Characters that are looked at in one turn. */
const TURN_LENGTH = 262_144;

/**
 * Finds the records of a report: `{"attributes":[...]}`, a list, or one object for each line. Everything is checked
 * before anything is read, so a sender whose report is no JSON may send it again whole. In a report of lines
 * (`lines`, or a first object followed by another line) one that is no JSON is refused alone. Yields every quarter of a
 * megabyte; throws a ReportError.
 */
export function* findRecords(text: string, lines: boolean, limits: ReportLimits): Generator<void, Report> {
  const cuts = new Cuts(text, limits);
  const scanner = createJsonScanner(text, limits.maxDepth);
  const start = scanner.skipSpace(text.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : 0);
  if (start === text.length && !lines) throw new ReportError("NOT_A_REPORT", "the report is empty", text, start);
  try {
    const form = lines ? "lines" : formOf(text, start, scanner);
    if (form === "lines") yield* cutLines(cuts, start, limits);
    else cutEnd(text, yield* cutDocument(cuts, form, start, scanner), scanner);
  } catch (error) {
    if (error instanceof JsonFault) throw new ReportError("MALFORMED_JSON", error.message, text, error.offset);
    throw error;
  }
  return cuts.toReport();
}

const BYTE_ORDER_MARK = 0xfeff;

/** What a report is made of, told by its beginning; a single object that is no envelope is a record. */
function formOf(text: string, start: number, scanner: JsonScanner): "lines" | "list" | "envelope" | "record" | "other" {
  if (text[start] === "[") return "list";
  if (text[start] !== "{") return "other";
  const name = scanner.skipSpace(start + 1);
  if (text[name] === '"' && JSON.parse(text.slice(name, scanner.endOfString(name))) === "attributes") return "envelope";
  const end = scanner.endOfValue(start);
  const rest = scanner.skipSpace(end);
  return rest < text.length && text.slice(end, rest).includes("\n") ? "lines" : "record";
}

function* cutDocument(
  cuts: Cuts,
  form: "list" | "envelope" | "record" | "other",
  start: number,
  scanner: JsonScanner,
): Generator<void, number> {
  if (form === "list") return yield* cutList(cuts, start, scanner);
  if (form === "envelope") return yield* cutEnvelope(cuts, start, scanner);
  const end = scanner.endOfValue(start);
  if (form === "other") throw new ReportError("NOT_A_REPORT", expectedForms, cuts.text, start);
  cuts.add(start, end);
  return end;
}

const expectedForms = 'expected {"attributes": [...]}, a list of objects, or one object for each line';

function* cutEnvelope(cuts: Cuts, start: number, scanner: JsonScanner): Generator<void, number> {
  const { text } = cuts;
  const nameEnd = scanner.endOfString(scanner.skipSpace(start + 1));
  const colon = scanner.skipSpace(nameEnd);
  if (text[colon] !== ":") throw new JsonFault("expected a colon", colon);
  const list = scanner.skipSpace(colon + 1);
  if (text[list] !== "[") {
    scanner.endOfValue(start);
    throw new ReportError("NOT_A_REPORT", 'expected a list under "attributes"', text, list);
  }
  const end = scanner.skipSpace(yield* cutList(cuts, list, scanner));
  if (text[end] === "}") return end + 1;
  if (text[end] !== ",") throw new JsonFault("expected }", end);
  throw new ReportError("NOT_A_REPORT", 'expected nothing beside "attributes"', text, end);
}

function* cutList(cuts: Cuts, start: number, scanner: JsonScanner): Generator<void, number> {
  const { text } = cuts;
  let at = scanner.skipSpace(start + 1);
  if (text[at] === "]") return at + 1;
  let turn = at;
  for (;;) {
    const end = scanner.endOfValue(at);
    cuts.add(at, end);
    const next = scanner.skipSpace(end);
    if (text[next] === "]") return next + 1;
    if (text[next] !== ",") throw new JsonFault("expected a comma or ]", next);
    at = scanner.skipSpace(next + 1);
    if (at - turn > TURN_LENGTH) {
      turn = at;
      yield;
    }
  }
}

function* cutLines(cuts: Cuts, start: number, limits: ReportLimits): Generator<void> {
  const { text } = cuts;
  let line = placeOf(text, start).line;
  let turn = start;
  for (let at = start; at < text.length; line++) {
    const newline = text.indexOf("\n", at);
    const end = newline < 0 ? text.length : newline;
    cutLine(cuts, at, end, line, limits);
    at = end + 1;
    if (at - turn > TURN_LENGTH) {
      turn = at;
      yield;
    }
  }
}

/** A line is judged by itself: what is wrong with it ends with it. */
function cutLine(cuts: Cuts, start: number, end: number, number: number, limits: ReportLimits): void {
  if (end - start > limits.maxRecordLength) {
    cuts.add(start, end);
    return;
  }
  const line = cuts.text.slice(start, end);
  const scanner = createJsonScanner(line, limits.maxDepth);
  const from = scanner.skipSpace(0);
  if (from === line.length) return;
  try {
    const to = scanner.endOfValue(from);
    const rest = scanner.skipSpace(to);
    if (rest < line.length) throw new JsonFault("expected the end of the line", rest);
    cuts.add(start + from, start + to);
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    cuts.refuse(start, "malformed", `${error.message} at line ${number} column ${error.offset + 1}`);
  }
}

function cutEnd(text: string, end: number, scanner: JsonScanner): void {
  const rest = scanner.skipSpace(end);
  if (rest < text.length) throw new JsonFault("expected the end of the report", rest);
}

/** Where records begin and end. */
class Cuts {
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

  add(start: number, end: number): void {
    const { maxRecordLength } = this.#limits;
    if (end - start > maxRecordLength) {
      this.refuse(start, "too_large", `expected a record of at most ${maxRecordLength} characters, got ${end - start}`);
      return;
    }
    this.#indexes.push(this.#number(start));
    this.#bounds.push(start, end);
  }

  refuse(start: number, reason: string, error: string): void {
    this.#refused.push({ index: this.#number(start), reason, error });
  }

  #number(offset: number): number {
    const { maxRecords } = this.#limits;
    if (this.#count === maxRecords)
      throw new ReportError("TOO_MANY_RECORDS", `expected at most ${maxRecords} records, got more`, this.text, offset);
    return this.#count++;
  }

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
