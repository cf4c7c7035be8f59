import type { Reason, Verdict } from "../../../schemas/model/verdict.ts";

/** What a rule did to a request: what it said, or why it said nothing. */
export interface Step {
  readonly rule: string;
  readonly outcome: Reason["outcome"] | "allow" | "no match" | "not tried";
  readonly shadow: boolean;
  readonly detail?: string;
}

/** The way of a request through the rules, in their order. */
export function wayThrough(rules: readonly string[], { reasons, rule, allowed }: Verdict): Step[] {
  const said = new Map(reasons.map((reason) => [reason.rule, reason]));
  const end = rule === "" ? rules.length : rules.indexOf(rule);
  return rules.map((name, place): Step => {
    const reason = said.get(name);
    if (reason === undefined) return { rule: name, outcome: place > end ? "not tried" : "no match", shadow: false };
    const isLast = name === rule && allowed && reason.outcome === "pass";
    return isLast ? { ...reason, outcome: "allow" } : reason;
  });
}

/** A verdict and the way to it as text. */
export function formatVerdict(verdict: Verdict, way: readonly Step[]): string {
  const { allowed, denial, rule, shadow } = verdict;
  const by = rule === "" ? "since no rule decided" : `by ${rule}`;
  const why = denial === undefined ? "" : `: ${denial.status} (gRPC ${denial.code}) ${denial.message}`;
  const width = Math.max(0, ...way.map((step) => step.rule.length));
  const steps = way.map(
    (step) =>
      `  ${step.rule.padEnd(width)}  ${step.outcome}${step.shadow ? ", shadow" : ""}${step.detail ? `: ${step.detail}` : ""}`,
  );
  const wouldBe = shadow === undefined ? [] : [`shadow: ${shadow.rule} would ${shadow.allowed ? "allow" : "deny"}`];
  return `${[`${allowed ? "allowed" : "denied"} ${by}${why}`, ...steps, ...wouldBe].join("\n")}\n`;
}
