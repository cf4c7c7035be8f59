import type { OverloadError } from "../../schemas/model/overload.ts";

/** A request over HTTP that is refused: the server answers with this status, and a body of code, message and details. */
export class HttpError extends Error {
  readonly statusCode: number;
  readonly code: string;
  readonly details: readonly unknown[];
  /** Headers of the answer. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    statusCode: number,
    code: string,
    message: string,
    details: readonly unknown[] = [],
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.name = "HttpError";
    this.statusCode = statusCode;
    this.code = code;
    this.details = details;
    this.headers = headers;
  }
}

/** The refusal of what the hub cannot take now: 503 with Retry-After (RFC 9110, 15.6.4). */
export function overloaded({ message, retryAfterMs }: OverloadError): HttpError {
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000));
  return new HttpError(503, "OVERLOADED", message, [], { "retry-after": String(seconds) });
}
