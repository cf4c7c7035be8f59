import type { Changes, Denial, LimitState } from "../../schemas/model/verdict.ts";

/** What one rule does to a request that it applies to. */
export type Outcome =
  /** Nothing against it. */
  | { readonly kind: "pass"; readonly changes: Changes; readonly limit?: LimitState }
  | { readonly kind: "deny"; readonly denial: Denial; readonly changes: Changes; readonly limit?: LimitState }
  /** It cannot be said: `onError` decides. */
  | { readonly kind: "error"; readonly detail: string };

/** Nothing is changed. */
export const noChanges: Changes = {};

/** The changes of two rules, one after the other. */
export function joinChanges(first: Changes, second: Changes): Changes {
  if (first === noChanges) return second;
  if (second === noChanges) return first;
  const list = <T>(a: readonly T[] = [], b: readonly T[] = []): readonly T[] => [...a, ...b];
  return {
    upstream: list(first.upstream, second.upstream),
    client: list(first.client, second.client),
    query: list(first.query, second.query),
    metadata: { ...first.metadata, ...second.metadata },
  };
}
