/**
 * The hub does not take something now, and none of it counts: the sender may send it again after `retryAfterMs`.
 * Receivers answer it in their protocol's words: 503 with Retry-After, or UNAVAILABLE with RetryInfo.
 */
export class OverloadError extends Error {
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "OverloadError";
    this.retryAfterMs = retryAfterMs;
  }
}
