/** What became of one reported batch. */
export interface Receipt {
  /** Records that were taken. */
  readonly accepted: number;
  /** Entries that could not be read. */
  readonly malformed: number;
}
