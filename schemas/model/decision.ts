import type { LimitState, Reason, Verdict } from "./verdict.ts";

/** One verdict as it is kept, to be asked for afterwards. Plain data: it crosses a thread and is written as JSON. */
export interface Decision {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
  /** Name of the rule that decided; empty if none did. */
  readonly rule: string;
  readonly revision: string;
  readonly allowed: boolean;
  /** gRPC code; 0 where the request is allowed. */
  readonly code: number;
  /** HTTP status; 200 where the request is allowed. */
  readonly status: number;
  /** Why it is refused; empty where it is allowed. */
  readonly message: string;
  readonly reasons: readonly Reason[];
  readonly shadow: Verdict["shadow"];
  readonly cache: Verdict["cache"];
  readonly durationMs: number;
  readonly limits: readonly LimitState[];
  /** What the request was, as far as it is kept. */
  readonly attributes: Readonly<Record<string, string | number>>;
}

/** What the record of a request says of the decision on it. */
export type JoinedDecision = Pick<Decision, "rule" | "revision"> &
  Partial<Pick<Decision, "shadow" | "code" | "message">>;

/** What tells which of the decisions under one request id is meant: each hop that a request makes may have one. */
export interface DecidedRequest {
  readonly id: string;
  /** Of the verdict, where the proxy tells it: then nothing else counts. */
  readonly decisionId?: string;
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly host: string | undefined;
}

/** Finds the decision on a request. */
export type FindDecision = (request: DecidedRequest) => JoinedDecision | undefined;
