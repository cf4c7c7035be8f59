/** A request over HTTP that is refused: the server answers with this status, and a body of code, message and details. */
export class HttpError extends Error {
  readonly statusCode: number;
  readonly code: string;
  readonly details: readonly unknown[];

  constructor(statusCode: number, code: string, message: string, details: readonly unknown[] = []) {
    super(message);
    this.name = "HttpError";
    this.statusCode = statusCode;
    this.code = code;
    this.details = details;
  }
}
