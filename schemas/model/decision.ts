import type { Address } from "./access-log.ts";
import type { TextHasher } from "./text-hasher.ts";
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

/** What the record of a request tells of it, by which the decision on it is found. Each is worked out when it is asked for. */
export interface DecidedRequest {
  /** Hashes its id; false if it has none. */
  hashId(hash: TextHasher): boolean;
  /** Hashes the id of the decision, where the proxy tells it: then nothing else counts. */
  hashToldId(hash: TextHasher): boolean;
  /** What else the proxy tells of the decision that it got. */
  readonly told: JoinedDecision | undefined;
  readonly method: string | undefined;
  /** Without query. */
  readonly path: string | undefined;
  readonly host: string | undefined;
  /** Where the request came to, at the proxy that tells of it. */
  readonly local: Address | undefined;
  /** When it ended, in milliseconds since the epoch. */
  readonly endMs: number | undefined;
}

/** Finds the decision on a request. */
export type FindDecision = (request: DecidedRequest) => JoinedDecision | undefined;
