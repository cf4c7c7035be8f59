import type { OpenChecker } from "../../adapters/checker.ts";
import type { LimitStore } from "../../adapters/limiter.ts";
import { slotOf, type Vocabulary } from "../../schemas/attributes/vocabulary.ts";
import type { CheckedPolicy } from "../config/checked-policy.ts";
import { compileTracked } from "../expr/compile.ts";
import type { Expression } from "../expr/expression.ts";
import { EvalFailure } from "../expr/expression.ts";
import { createChanges } from "./changes.ts";
import { createCheckRule } from "./check-rule.ts";
import type { DecisionCache } from "./decision-cache.ts";
import { createDenyRule } from "./deny-rule.ts";
import { createLimitRule } from "./limit-rule.ts";
import type { ConcurrencyStore } from "./limits/concurrency.ts";
import { createPolicy, type Decided, type Policy, type PolicyRule } from "./policy.ts";
import { createTexts, type ToText, type Track } from "./texts.ts";
import { Tracker } from "./tracker.ts";

/** A rule as the configuration has it. */
export interface PolicyRuleSource {
  readonly name: string;
  readonly match: Expression | undefined;
  readonly policy: CheckedPolicy;
}

/** What rules are compiled with. */
export interface CompilePolicyOptions {
  /** In the order in which they are tried. */
  readonly rules: readonly PolicyRuleSource[];
  readonly vocabulary: Vocabulary;
  readonly revision: string;
  readonly checkers: ReadonlyMap<string, OpenChecker>;
  /** The parameters of instances that handlers are asked about. */
  readonly instances: ReadonlyMap<string, readonly { readonly name: string; readonly expression: Expression }[]>;
  /** Where budgets are kept: `memory`, and handlers by name. */
  readonly stores: ReadonlyMap<string, LimitStore>;
  readonly concurrency: ConcurrencyStore;
  /** Keeps decisions to be given again. */
  readonly cache: DecisionCache<Decided> | undefined;
  readonly toText: ToText;
  /** Milliseconds; only differences count. */
  now(): number;
  after(ms: number, callback: () => void): () => void;
  newId(): string;
  onFault(handler: string, error: unknown): void;
}

const requestId = slotOf("request.id");
const hits = slotOf("ratelimit.hits");

const toNumber = (value: unknown): number | undefined => (value === undefined ? undefined : Number(value));

/** Compiles policy rules: expressions tell what they read, so that a decision is kept under exactly that. */
export function compilePolicy(options: CompilePolicyOptions): Policy {
  const { rules, vocabulary, revision, cache, newId } = options;
  const tracker = new Tracker();
  const track: Track = (expression) => {
    const compiled = compileTracked(expression.text, { vocabulary }, tracker);
    if (!compiled.ok) throw new Error(`${expression.text} was good before: ${compiled.problems[0]?.message}`);
    return compiled.expression;
  };
  const texts = createTexts(track, options.toText);

  const actOf = (name: string, rule: CheckedPolicy): PolicyRule["act"] => {
    if (rule.kind === "deny") return createDenyRule(rule, texts);
    const changesOf = createChanges(rule, texts);
    switch (rule.kind) {
      case "allow":
        return ({ record }) => {
          const changes = changesOf(record.values);
          return changes instanceof EvalFailure
            ? { kind: "error", detail: changes.message }
            : { kind: "pass", changes };
        };
      case "check": {
        const instance = rule.instance === undefined ? undefined : options.instances.get(rule.instance);
        return createCheckRule({
          ...options,
          rule,
          changesOf,
          checker: found(options.checkers, rule.handler),
          instance: instance?.map(({ name, expression }) => ({ name, expression: track(expression) })),
          track: ({ dependencies }) => {
            tracker.current = dependencies;
          },
        });
      }
      case "limit":
        return createLimitRule({
          ...{ name, rule, changesOf, concurrency: options.concurrency },
          key: rule.key.map(track),
          rate: rule.rate !== undefined && "evaluate" in rule.rate ? track(rule.rate) : rule.rate,
          cost: rule.cost && track(rule.cost),
          store: found(options.stores, rule.store),
          idOf: (values) => values[requestId] as string | undefined,
          hitsOf: (values) => toNumber(values[hits]),
          ...{ now: options.now, after: options.after },
        });
    }
  };

  const compiled = rules.map(
    ({ name, match, policy }): PolicyRule => ({
      ...{ name, shadow: policy.shadow, onError: policy.onError },
      match: match && track(match),
      otherwise: policy.kind === "allow" ? "allow" : "pass",
      act: actOf(name, policy),
    }),
  );
  return createPolicy({ rules: compiled, revision, tracker, cache, newId });
}

function found<T>(map: ReadonlyMap<string, T>, name: string): T {
  const value = map.get(name);
  if (value === undefined) throw new Error(`${name} is not open`);
  return value;
}
