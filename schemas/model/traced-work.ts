import type { TraceSpanInstance } from "./instance.ts";

/** What is known of a piece of work, by attribute of its span. */
export type WorkFacts = Readonly<Record<string, string | number | boolean>>;

/** How a piece of work stands to those outside: it was asked for (server), it asks somebody (client), or neither. */
export type WorkKind = Extract<TraceSpanInstance["kind"], "server" | "client" | "internal">;

/** A piece of the hub's own work that is traced, while it is under way. */
export interface TracedWork {
  /** A part of it. */
  start(name: string, kind: WorkKind, facts?: WorkFacts): TracedWork;
  /** It is done; `error` names the kind of failure, if it failed. What never ends is not told of. */
  end(facts?: WorkFacts, error?: string): void;
}

/** How a piece of work ended. */
export interface WorkOutcome {
  readonly facts: WorkFacts;
  /** The kind of failure. */
  readonly error?: string | undefined;
}

/** The span that work was asked for from. */
export interface CallerSpan {
  /** Lower-case hex, 32 and 16 digits. */
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
}

/** Traces the hub's own work. */
export interface WorkTracer {
  /** False where nothing is traced: then nothing need be made ready for `start`. */
  readonly isOn: boolean;
  /** Undefined where this work is not traced. */
  start(name: string, kind: WorkKind, caller?: CallerSpan): TracedWork | undefined;
}

/** Traces nothing. */
export const noTracer: WorkTracer = { isOn: false, start: () => undefined };

/** Does something as traced work, which ends when that ends, unless its outcome is not to be told of. */
export function within<T>(
  work: TracedWork,
  act: () => T | Promise<T>,
  outcomeOf: (result: T) => WorkOutcome | undefined,
): T | Promise<T> {
  const done = (result: T): T => {
    const outcome = outcomeOf(result);
    if (outcome !== undefined) work.end(outcome.facts, outcome.error);
    return result;
  };
  const failed = (error: unknown): never => {
    work.end({}, error instanceof Error ? error.name : "error");
    throw error;
  };
  let result: T | Promise<T>;
  try {
    result = act();
  } catch (error) {
    return failed(error);
  }
  return result instanceof Promise ? result.then(done, failed) : done(result);
}
