import type { DurableConfig } from "../../config/lane-schema.ts";

/** A record of the log, as it is read back. */
export interface SpoolRecord {
  /** Its place in the log; ascending, by one for each record ever appended. */
  readonly position: number;
  /** When it was appended, in milliseconds since the epoch. */
  readonly timeMs: number;
  /** What was appended, byte for byte. To be used before the next `read`, which may put other bytes in its place. */
  readonly payload: Buffer;
}

/** Why a log does not take records for now. */
export type SpoolTrouble = "spool_full" | "disk_full" | "disk_error";

/** What is in a log. */
export interface SpoolState {
  /** Records appended and neither acknowledged nor set aside. */
  readonly pending: number;
  /** Records that `read` would give now. */
  readonly readable: number;
  /** Records appended and not yet written. */
  readonly unwritten: number;
  /** Bytes on disk, acknowledged records of the oldest file included. */
  readonly bytes: number;
  /** When the oldest pending record was appended, in milliseconds since the epoch. */
  readonly oldestMs: number | undefined;
  readonly trouble: SpoolTrouble | undefined;
}

/** What a log tells, to be counted. */
export interface SpoolEvents {
  /** Damaged bytes were moved to quarantine; `records` as far as they can be told from the positions around them. */
  quarantined(records: number, bytes: number, file: string): void;
  /** Pending records were passed over, since they are damaged or missing: new ones, and those that an earlier process had set aside. */
  passedOver(records: number): void;
  /** The last write of a killed process was cut off: it was never acknowledged. */
  torn(bytes: number): void;
  /** Appended records that could not be written, whether or not anybody waits for them with `commit`. They are not in the log. */
  lost(records: number, detail: string): void;
  /** Trouble began or, with undefined, ended. */
  trouble(trouble: SpoolTrouble | undefined, detail: string): void;
}

/** An append-only log of records on disk, in front of one lane: written by one process, read back in order, acknowledged in order. */
export interface Spool {
  /**
   * Adds a record to the next write. False if the log does not take it: it is then not in the log. `state().trouble` says
   * why; without trouble, the record is too large ever to be taken (64 MiB, or `maxBytes`).
   */
  append(payload: Uint8Array): boolean;
  /**
   * Resolves once everything appended so far is written and, with `fsync: always`, safe on disk. Rejects with a SpoolError
   * if a part of it could not be written: those records are not in the log, and are counted as `lost`.
   */
  commit(): Promise<void>;
  /** The next written records from the read position on, in order; empty if there are none now. Moves the read position. Streams: never more than `maxBytes`, but at least one record. */
  read(maxItems: number, maxBytes: number): Promise<readonly SpoolRecord[]>;
  /** Calls back, once, when there are written records beyond the read position; at once if there are. */
  whenReadable(callback: () => void): void;
  /** Everything up to and with this position is done with, whatever became of it. Whole files behind it are deleted. Kept on disk, so that a restart goes on from there. */
  acknowledge(position: number): void;
  state(): SpoolState;
  /** Writes what was appended, and closes. Pending records stay on disk. */
  close(): Promise<void>;
}

/** What a log is opened with. */
export interface SpoolOptions {
  /** Folder of its own; made if it is not there. */
  readonly directory: string;
  readonly config: DurableConfig;
  readonly events: SpoolEvents;
  /** Milliseconds since the epoch. */
  now(): number;
}
