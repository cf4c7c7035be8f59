import type { CountRequest, LimitRequest, LimitStore } from "../limiter.ts";

/** What a store with a fallback is made of. */
export interface FallbackOptions {
  readonly remote: LimitStore;
  /** Used while the remote one is away; undefined where that is an error. */
  readonly local: LimitStore | undefined;
  /** Share of a budget that the local one gives away. */
  readonly localShare: number;
  /** How long the remote one is left alone after it failed. */
  readonly restMs: number;
  /** Milliseconds; only differences count. */
  now(): number;
  /** It has failed, or is back. */
  onChange(isDown: boolean, error: unknown): void;
}

/** Asks a remote store; after a failure nobody waits for it for a while: one request tries again, the others go on without it. */
export function createFallback({ remote, local, localShare, restMs, now, onChange }: FallbackOptions): LimitStore {
  let isDown = false;
  let untilMs = 0;
  let last: unknown;

  const failed = (error: unknown) => {
    untilMs = now() + restMs;
    last = error;
    if (!isDown) onChange(true, error);
    isDown = true;
  };

  const answered = () => {
    if (isDown) onChange(false, undefined);
    isDown = false;
  };

  const ask = <T>(question: () => T | Promise<T>, otherwise: (error: unknown) => T | Promise<T>): T | Promise<T> => {
    if (isDown) {
      if (now() < untilMs) return otherwise(last);
      untilMs = now() + restMs;
    }
    const answer = question();
    if (!(answer instanceof Promise)) return answer;
    return answer.then(
      (given) => {
        answered();
        return given;
      },
      (error: unknown) => {
        failed(error);
        return otherwise(error);
      },
    );
  };

  const refuse = (error: unknown): Promise<never> => Promise.reject(error);
  const lessOf = (request: LimitRequest): LimitRequest => ({
    ...request,
    count: Math.floor(request.count * localShare),
    burst: Math.max(1, Math.floor(request.burst * localShare)),
  });

  return {
    take: (request: LimitRequest) =>
      ask(
        () => remote.take(request),
        (error) => local?.take(lessOf(request)) ?? refuse(error),
      ),
    count: (request: CountRequest) =>
      ask(
        () => remote.count(request),
        (error) => local?.count(request) ?? refuse(error),
      ),
  };
}
