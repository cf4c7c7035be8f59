import type { Changes, Denial, LimitState } from "../../schemas/model/verdict.ts";

/** What one rule does to a request that it applies to. */
export type Outcome =
  /** Nothing against it. */
  | { readonly kind: "pass"; readonly changes: Changes; readonly limit?: LimitState }
  | { readonly kind: "deny"; readonly denial: Denial; readonly changes: Changes; readonly limit?: LimitState }
  /** It cannot be said: `onError` decides. */
  | { readonly kind: "error"; readonly detail: string };

/** Nothing is changed. */
export const noChanges: Changes = Object.freeze({});

/** The changes of two rules, one after the other. */
export function joinChanges(first: Changes, second: Changes): Changes {
  if (first === noChanges) return second;
  if (second === noChanges) return first;
  const list = <T>(name: "upstream" | "client" | "query", pick: (changes: Changes) => readonly T[] | undefined) => {
    const all = [...(pick(first) ?? []), ...(pick(second) ?? [])];
    return all.length === 0 ? {} : { [name]: all };
  };
  const metadata = { ...first.metadata, ...second.metadata };
  return {
    ...list("upstream", ({ upstream }) => upstream),
    ...list("client", ({ client }) => client),
    ...list("query", ({ query }) => query),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  };
}
