import type { Json } from "./access-log.ts";

/** A change of one header. `append` joins to the value that is there, `add` adds another line, `set` overwrites. */
export type HeaderChange =
  | { readonly action: "add" | "set" | "append"; readonly name: string; readonly value: string }
  | { readonly action: "remove"; readonly name: string };

/** What a decision changes besides saying yes or no. */
export interface Changes {
  /** Headers of the request on its way to the upstream; only where it is allowed. */
  readonly upstream?: readonly HeaderChange[];
  /** Headers of the answer to the client. */
  readonly client?: readonly HeaderChange[];
  /** Query parameters of the request: a text sets, undefined removes. */
  readonly query?: readonly { readonly name: string; readonly value: string | undefined }[];
  /** Given back to the proxy, for its later filters and its access log. */
  readonly metadata?: Readonly<Record<string, Json>>;
}

/** How a request is refused. */
export interface Denial {
  /** HTTP status, 403 if nothing else is meant. */
  readonly status: number;
  /** gRPC code (google.rpc.Code), never 0. */
  readonly code: number;
  readonly message: string;
  readonly body?: string;
}

/** What a rule had to say to a request, for those who ask why. */
export interface Reason {
  readonly rule: string;
  /** `deny` refused, `pass` had nothing against it, `error` went where `onError` says, for the reason in `detail`. */
  readonly outcome: "deny" | "pass" | "error";
  /** Evaluated, not enforced. */
  readonly shadow: boolean;
  readonly detail?: string;
}

/** The hub's decision on one request. */
export interface Verdict {
  /** Unique; given back to the proxy and kept with the decision. */
  readonly id: string;
  readonly allowed: boolean;
  /** Undefined where the request is allowed. */
  readonly denial: Denial | undefined;
  /** Name of the rule that decided; empty if none did. */
  readonly rule: string;
  /** Revision of the policy. */
  readonly revision: string;
  readonly changes: Changes;
  /** Every rule that applied, in order. */
  readonly reasons: readonly Reason[];
  /** What shadow rules would have decided, if anything else: the first decisive one. */
  readonly shadow: { readonly rule: string; readonly allowed: boolean } | undefined;
  readonly cache: "hit" | "miss" | "off";
  /** What limits had to say, in the order of the rules. */
  readonly limits: readonly LimitState[];
}

/** A limit after a request. */
export interface LimitState {
  readonly rule: string;
  readonly limit: number;
  readonly remaining: number;
  readonly resetMs: number;
  readonly windowMs: number;
  readonly exceeded: boolean;
}
