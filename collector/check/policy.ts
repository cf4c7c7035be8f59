import type { Changes, Denial, Reason, Verdict } from "../../schemas/model/verdict.ts";
import type { Expression } from "../expr/expression.ts";
import { EvalFailure } from "../expr/expression.ts";
import type { DecisionCache } from "./decision-cache.ts";
import { joinChanges, noChanges, type Outcome } from "./outcome.ts";
import type { PendingRequest } from "./request.ts";
import type { Tracker } from "./tracker.ts";

/** A rule with all of it compiled. */
export interface PolicyRule {
  readonly name: string;
  /** Absent: applies always. Compiled to tell the policy's tracker what it reads. */
  readonly match: Expression | undefined;
  /** Evaluated and recorded, never enforced. */
  readonly shadow: boolean;
  /** What an error means: `deny` refuses; `allow` lets the rule pass, as if it had nothing against the request. */
  readonly onError: "deny" | "allow";
  /** What it means that it has nothing against the request: the next rule is tried, or it is allowed. */
  readonly otherwise: "pass" | "allow";
  /** What it does where it applies. Answers at once where it can. Never throws, never rejects. */
  act(request: PendingRequest): Outcome | Promise<Outcome>;
}

/** What a policy is made of. */
export interface PolicyOptions {
  /** In the order in which they are tried. */
  readonly rules: readonly PolicyRule[];
  readonly revision: string;
  readonly tracker: Tracker;
  readonly cache: DecisionCache<Decided> | undefined;
  newId(): string;
}

/** Rules that decide on requests. Built whole, never changed; a reload builds another. */
export interface Policy {
  readonly revision: string;
  /** Decides. `byDefault` holds where no rule does. Never rejects. */
  check(request: PendingRequest, byDefault: "allow" | "deny"): Verdict | Promise<Verdict>;
}

/** A decision as far as it may be given again. */
export interface Decided extends Omit<Verdict, "id" | "cache" | "limits" | "revision"> {
  /** False where no rule decided: then the asker's default holds. */
  readonly isDecisive: boolean;
}

/** Where the rules have got to. */
interface Progress {
  readonly reasons: Reason[];
  changes: Changes;
  shadow: Verdict["shadow"];
}

/** What a client is told where a rule could not be evaluated: the cause is for the operator. */
const couldNotDecide: Denial = { status: 403, code: 7, message: "the policy could not be evaluated" };
const refusedByDefault: Denial = { status: 403, code: 7, message: "no rule allows this request" };

/**
 * Tries the rules in order; the first decisive one wins:
 *
 *   rule    | match true, it has nothing against it | it refuses | match or rule in error, onError deny | onError allow
 *   deny    | -                                     | deny       | deny                                 | next rule
 *   allow   | allow                                 | -          | deny                                 | allow
 *   check   | next rule                             | deny       | deny                                 | next rule
 *   limit   | next rule                             | deny       | deny                                 | next rule
 *
 * A match that is false passes the rule over. Shadow rules go the same way, and the next rule is tried whatever they say.
 */
export function createPolicy({ rules, revision, tracker, cache, newId }: PolicyOptions): Policy {
  const evaluate = (rule: PolicyRule, request: PendingRequest): Outcome | Promise<Outcome> | undefined => {
    tracker.current = request.dependencies;
    if (rule.match !== undefined) {
      const matches = rule.match.evaluate(request.record.values);
      if (matches instanceof EvalFailure) return { kind: "error", detail: `match: ${matches.message}` };
      if (matches !== true) return undefined;
    }
    return rule.act(request);
  };

  /** The rules from one on, as far as no waiting is needed. */
  const from = (first: number, request: PendingRequest, progress: Progress): Decided | Promise<Decided> => {
    for (let index = first; index < rules.length; index++) {
      const rule = rules[index] as PolicyRule;
      const outcome = evaluate(rule, request);
      if (outcome === undefined) continue;
      if (outcome instanceof Promise)
        return outcome.then((late) => take(rule, late, request, progress) ?? from(index + 1, request, progress));
      const decided = take(rule, outcome, request, progress);
      if (decided !== undefined) return decided;
    }
    return { ...end(progress), allowed: true, denial: undefined, rule: "", isDecisive: false };
  };

  const take = (
    rule: PolicyRule,
    outcome: Outcome,
    request: PendingRequest,
    progress: Progress,
  ): Decided | undefined => {
    const { name, shadow } = rule;
    const decision = decisionOf(rule, outcome);
    const detail = outcome.kind === "error" ? { detail: outcome.detail } : {};
    progress.reasons.push({ rule: name, outcome: outcome.kind, shadow, ...detail });
    if ((outcome.kind === "pass" || outcome.kind === "deny") && outcome.limit !== undefined && !shadow)
      request.limits.push(outcome.limit);
    if (shadow) {
      if (decision !== "pass") progress.shadow ??= { rule: name, allowed: decision === "allow" };
      return undefined;
    }
    const changes = outcome.kind === "error" ? noChanges : outcome.changes;
    if (decision === "deny") {
      const denial = outcome.kind === "deny" ? outcome.denial : couldNotDecide;
      return { ...end(progress), changes: forClient(changes), allowed: false, denial, rule: name, isDecisive: true };
    }
    progress.changes = joinChanges(progress.changes, changes);
    return decision === "pass"
      ? undefined
      : { ...end(progress), allowed: true, denial: undefined, rule: name, isDecisive: true };
  };

  const finish = (decided: Decided, request: PendingRequest, byDefault: "allow" | "deny", hit: boolean): Verdict => {
    const { isDecisive, allowed, denial, rule, changes, reasons, shadow } = decided;
    const refused = !isDecisive && byDefault === "deny";
    if (refused || !allowed) for (const refund of request.refunds) refund();
    return {
      id: newId(),
      allowed: allowed && !refused,
      denial: refused ? refusedByDefault : denial,
      rule,
      revision,
      changes: refused ? noChanges : changes,
      reasons,
      shadow,
      cache: hit ? "hit" : cache === undefined || request.dependencies.isOnce ? "off" : "miss",
      limits: request.limits,
    };
  };

  return {
    revision,
    check(request, byDefault) {
      const known = cache?.find(request.record.values);
      if (known !== undefined) return finish(known, request, byDefault, true);
      const keep = (decided: Decided) => {
        cache?.keep(request.asked, request.dependencies, decided);
        return finish(decided, request, byDefault, false);
      };
      const decided = from(0, request, { reasons: [], changes: noChanges, shadow: undefined });
      return decided instanceof Promise ? decided.then(keep) : keep(decided);
    },
  };
}

/** What of the changes comes with a refusal. */
function forClient(changes: Changes): Changes {
  const { upstream, query, client, metadata } = changes;
  if (upstream === undefined && query === undefined) return changes;
  return { ...(client && { client }), ...(metadata && { metadata }) };
}

const end = ({ reasons, changes, shadow }: Progress) => ({ reasons, changes, shadow });

function decisionOf({ onError, otherwise }: PolicyRule, { kind }: Outcome): "pass" | "allow" | "deny" {
  if (kind === "error") return onError === "deny" ? "deny" : otherwise;
  return kind === "deny" ? "deny" : otherwise;
}
