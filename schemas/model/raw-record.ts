import type { Json } from "./access-log.ts";
import type { Receipt } from "./receipt.ts";

/** One record as its source wrote it, not yet held against the vocabulary. */
export interface RawRecord {
  /** Place in what the sender sent, from 0. */
  readonly index: number;
  readonly value: Json;
}

/** Records whose members are attributes by name. */
export interface ReportOrigin {
  readonly kind: "report";
}

/** Where records came from; the same object for all records of one sender or listener. */
export type RecordOrigin = ReportOrigin;

/** Why a record was refused, or a value of it left out. */
export interface RecordProblem {
  /** For counting; one of a few. */
  readonly reason: "not_an_object" | "unknown_attribute" | "wrong_type";
  /** For the sender: names the attribute, what was expected and what came. */
  readonly error: string;
}

/** A record that was refused. */
export interface RejectedRecord {
  readonly index: number;
  readonly reason: string;
  readonly error: string;
}

/** Some records of one origin. */
export interface RecordBatch {
  /** They are counted under this name. */
  readonly source: string;
  readonly origin: RecordOrigin;
  readonly records: readonly RawRecord[];
  /** Records that could not be read, to be counted with the others. */
  readonly refused?: readonly RejectedRecord[];
}

/** What became of each record; `malformed` is the number of those rejected. */
export interface RecordReceipt extends Receipt {
  readonly rejected: readonly RejectedRecord[];
}
