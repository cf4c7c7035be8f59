import type { Expression } from "../expr/expression.ts";
import type { Rate } from "./rate.ts";

/** Plain text, or an expression that gives it. */
export type CheckedText = { readonly plain: string } | { readonly expression: Expression };

/** A name with its text. */
export interface CheckedNamedText {
  readonly name: string;
  readonly text: CheckedText;
}

/** Changes of headers. */
export interface CheckedChanges {
  readonly set: readonly CheckedNamedText[];
  readonly add: readonly CheckedNamedText[];
  readonly append: readonly CheckedNamedText[];
  readonly remove: readonly string[];
}

interface CommonPolicy {
  readonly priority: number;
  readonly shadow: boolean;
  readonly onError: "deny" | "allow";
  readonly headers: { readonly upstream: CheckedChanges; readonly client: CheckedChanges };
  readonly metadata: readonly CheckedNamedText[];
}

/** Allows, whatever comes later. */
export interface CheckedAllow extends CommonPolicy {
  readonly kind: "allow";
}

/** Refuses. */
export interface CheckedDeny extends CommonPolicy {
  readonly kind: "deny";
  readonly status: number;
  readonly code: number;
  readonly message: CheckedText | undefined;
  readonly body: CheckedText | undefined;
  readonly denyHeaders: readonly CheckedNamedText[];
}

/** Refuses what goes beyond a budget. */
export interface CheckedLimit extends CommonPolicy {
  readonly kind: "limit";
  readonly key: readonly Expression[];
  /** Undefined for limits on concurrent requests. */
  readonly rate: Rate | Expression | undefined;
  readonly concurrent: number | undefined;
  readonly burst: number | undefined;
  readonly algorithm: "gcra" | "fixed" | "sliding";
  /** Undefined: 1. */
  readonly cost: Expression | undefined;
  readonly maxAgeMs: number;
  /** `memory`, or a handler's name. */
  readonly store: string;
  /** How long the store may take. */
  readonly timeoutMs: number;
  readonly status: number;
}

/** Asks a handler. */
export interface CheckedCheck extends CommonPolicy {
  readonly kind: "check";
  readonly handler: string;
  readonly instance: string | undefined;
  readonly timeoutMs: number;
}

/** The policy part of a rule with its expressions checked. */
export type CheckedPolicy = CheckedAllow | CheckedDeny | CheckedLimit | CheckedCheck;
