import type { SpoolTrouble } from "./spool.ts";

/** Records that were appended could not be written; they are not in the log. */
export class SpoolError extends Error {
  readonly trouble: SpoolTrouble;
  /** How many records went with the failed write. */
  readonly lost: number;

  constructor(trouble: SpoolTrouble, lost: number, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "SpoolError";
    this.trouble = trouble;
    this.lost = lost;
  }
}

/** The code of an error of the operating system, or an empty text. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** The kind of trouble that an error of the operating system means. */
export function troubleOf(error: unknown): SpoolTrouble {
  return ["ENOSPC", "EDQUOT", "EFBIG"].includes(codeOf(error)) ? "disk_full" : "disk_error";
}
