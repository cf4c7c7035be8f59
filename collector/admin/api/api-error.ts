/** One thing that is wrong with a request. */
export interface ApiProblem {
  readonly parameter: string;
  readonly message: string;
  /** What would be right, where that is a list. */
  readonly allowed?: readonly string[] | undefined;
  /** The nearest right name. */
  readonly suggestion?: string | undefined;
  /** Where in the parameter's text, both from 1. */
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

/** What a query can come to instead of an answer: HTTP status and meaning by code. */
export const apiErrors = {
  INVALID_PARAMETER: { status: 400, meaning: "Parameters are wrong; each is listed with what is allowed." },
  QUERY_TOO_LARGE: { status: 400, meaning: "The answer would take too many rows or points: ask for less." },
  NOT_FOUND: { status: 404, meaning: "There is nothing at this path." },
  METHOD_NOT_ALLOWED: { status: 405, meaning: "The path is there, but only to be read." },
  QUERY_TIMEOUT: { status: 503, meaning: "The query took too long: ask for less." },
  BUSY: { status: 503, meaning: "Too many queries are under way: try again later." },
  UNAVAILABLE: { status: 503, meaning: "The statistics store cannot answer just now." },
} as const satisfies Record<string, { status: number; meaning: string }>;

/** A code of the table. */
export type ApiErrorCode = keyof typeof apiErrors;

/** Ends a request with a code of the table; the error handler makes the body of it. */
export class ApiError extends Error {
  readonly code: ApiErrorCode;
  readonly statusCode: number;
  readonly details: readonly ApiProblem[];

  constructor(code: ApiErrorCode, message: string, details: readonly ApiProblem[] = []) {
    super(message);
    this.code = code;
    this.statusCode = apiErrors[code].status;
    this.details = details;
  }
}
