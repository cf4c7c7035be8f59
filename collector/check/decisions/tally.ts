import type { Verdict } from "../../../schemas/model/verdict.ts";

/** How often a rule decided one thing. */
export interface TallyRow {
  readonly rule: string;
  readonly verdict: "allow" | "deny";
  readonly cache: Verdict["cache"];
  readonly decisions: number;
}

const caches = ["hit", "miss", "off"] as const;

/** Counts verdicts by rule: an increment for each, since it is on the way of every check. */
export function createTally() {
  const byRule = new Map<string, number[]>();
  return {
    count({ rule, allowed, cache }: Pick<Verdict, "rule" | "allowed" | "cache">): void {
      let counts = byRule.get(rule);
      if (counts === undefined) {
        counts = new Array<number>(2 * caches.length).fill(0);
        byRule.set(rule, counts);
      }
      const place = caches.indexOf(cache) + (allowed ? 0 : caches.length);
      counts[place] = (counts[place] ?? 0) + 1;
    },
    /** What was counted, by rule in the order of their first decision. */
    rows: (): TallyRow[] =>
      [...byRule]
        .flatMap(([rule, counts]) =>
          counts.map((decisions, place): TallyRow => {
            const verdict = place < caches.length ? "allow" : "deny";
            return { rule, verdict, cache: caches[place % caches.length] ?? "off", decisions };
          }),
        )
        .filter(({ decisions }) => decisions > 0),
  };
}
