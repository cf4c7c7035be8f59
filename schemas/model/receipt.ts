/** What became of one reported batch. */
export interface Receipt {
  /** Records that were taken. */
  readonly accepted: number;
  /** Entries that could not be read. */
  readonly malformed: number;
  /** When the last record had ended by its sender's clock, in milliseconds since the epoch; undefined if it does not say. */
  readonly lastEndedMs?: number | undefined;
}
