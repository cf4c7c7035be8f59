import type { Json } from "./access-log.ts";
import type { Receipt } from "./receipt.ts";

/** One record as its source wrote it, not yet held against the vocabulary. */
export interface RawRecord {
  /** Place in what the sender sent, from 0. */
  readonly index: number;
  readonly value: Json;
  /** Who wrote a log line, as its header says. */
  readonly sender?: LogSender;
}

/** What the header of a log line tells; undefined where it does not. */
export interface LogSender {
  readonly host: string | undefined;
  readonly app: string | undefined;
}

/** Records whose members are attributes by name. */
export interface ReportOrigin {
  readonly kind: "report";
}

/** Which member of a log line gives an attribute. */
export interface LogField {
  readonly attribute: string;
  /** What one of a plain number is, for durations and for times since the epoch. */
  readonly unit?: "s" | "ms" | "us" | "ns" | undefined;
  /** Which one counts of several parted by commas. */
  readonly pick?: "first" | "last" | undefined;
}

/** Log lines of one listener, with what the listener says of them. */
export interface LogOrigin {
  readonly kind: "log";
  /** By member, with dots for members of members; undefined for the default table. */
  readonly fields: Readonly<Record<string, string | LogField>> | undefined;
  /** Which side reports, where the line does not tell. */
  readonly reporter: "inbound" | "outbound";
}

/** Where records came from; the same object for all records of one sender or listener. */
export type RecordOrigin = ReportOrigin | LogOrigin;

/** Why a record was refused, or a value of it left out. */
export interface RecordProblem {
  /** For counting; one of a few. */
  readonly reason: string;
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
  /** The sender waits for an answer, which tells it that the records are kept. One that does not is held up for as long as there is no room. */
  readonly answered?: boolean;
}

/** What became of each record; `malformed` is the number of those rejected. */
export interface RecordReceipt extends Receipt {
  readonly rejected: readonly RejectedRecord[];
  /** Values left out of records that were taken. */
  readonly leftOut?: readonly RecordProblem[];
}
