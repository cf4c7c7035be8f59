import { clausesOf, isHttp } from "./compile.ts";
import { fieldOf } from "./fields.ts";
import type { Clause, Policy, Rule } from "./policy.ts";
import { targetProblem } from "./target.ts";

const booleans = /^(1|t|T|true|TRUE|True|0|f|F|false|FALSE|False)$/;
/** How many rules, and sources of a rule, Istio takes. */
const MAX_ITEMS = 512;
const MAX_SERVICE_ACCOUNTS = 16;

/** Everything for which Istio refuses a policy of the right form. */
export function policyProblems(policy: Policy): readonly string[] {
  const { rules = [], targetRefs, selector = new Map<string, string>() } = policy;
  const targets = targetRefs.flatMap((target) => targetProblem(target) ?? []);
  return [
    ...actionProblems(policy),
    ...dryRunProblems(policy),
    ...targets.map((problem) => `spec.targetRefs ${problem}`),
    ...[...selector].flatMap((pair) => [...selectorProblems(pair)]),
    ...(rules.length > MAX_ITEMS ? [`spec.rules has more than ${MAX_ITEMS} rules`] : []),
    ...rules.flatMap((rule, index) => [...ruleProblems(rule, `spec.rules[${index}]`)]),
    ...(policy.action === "CUSTOM" ? rules.flatMap(clausesOf).flatMap(customProblems) : []),
  ];
}

function* actionProblems({ action, rules = [], provider }: Policy): Generator<string> {
  if ((action === "DENY" || action === "CUSTOM") && rules.length === 0)
    yield `spec.rules must not be empty: ${action} would never match`;
  if (action === "CUSTOM" && !provider) yield "spec.provider.name is missing: CUSTOM needs it";
  if (action !== "CUSTOM" && provider !== undefined) yield `spec.provider is for CUSTOM only, not for ${action}`;
}

function* dryRunProblems({ dryRun, action }: Policy): Generator<string> {
  if (dryRun === undefined) return;
  if (!booleans.test(dryRun)) yield `the annotation istio.io/dry-run must be true or false, not ${dryRun}`;
  if (action === "AUDIT" || action === "CUSTOM") yield `the annotation istio.io/dry-run is not for ${action}`;
}

function* selectorProblems([name, value]: readonly [string, string]): Generator<string> {
  if (name === "") yield "spec.selector.matchLabels has an empty key";
  if (name.includes("*") || value.includes("*"))
    yield `spec.selector.matchLabels.${name} must not have a star: selectors have no wildcards`;
}

function* ruleProblems(rule: Rule, place: string): Generator<string> {
  if ((rule.from?.length ?? 0) > MAX_ITEMS) yield `${place}.from has more than ${MAX_ITEMS} sources`;
  for (const source of rule.from ?? []) yield* sourceProblems(source);
  for (const clause of clausesOf(rule)) yield* clauseProblems(clause);
}

function* sourceProblems(source: readonly Clause[]): Generator<string> {
  const accounts = source.find(({ key }) => key === "source.serviceAccount");
  const others = source.some(({ key }) => key === "source.principal" || key === "source.namespace");
  if (accounts === undefined) return;
  if (others) yield `${accounts.place} must not stand beside principals or namespaces`;
  if (Math.max(accounts.values.length, accounts.notValues.length) > MAX_SERVICE_ACCOUNTS)
    yield `${accounts.place} has more than ${MAX_SERVICE_ACCOUNTS} values`;
}

function* clauseProblems({ key, values, notValues, place }: Clause): Generator<string> {
  const field = fieldOf(key);
  if ("unknown" in field) return yield `${place}.key: ${field.unknown}`;
  for (const value of [...values, ...notValues]) {
    const problem = field.problem?.(value);
    if (problem !== undefined) yield `${place}: ${value} ${problem}`;
  }
}

function customProblems({ key, place }: Clause): readonly string[] {
  const field = fieldOf(key);
  if ("unknown" in field || !field.isAuthenticated) return [];
  return [`${place} is not for CUSTOM, which comes before the caller is authenticated`];
}

/** What is probably not meant, though Istio takes it. */
export function policyWarnings({ selector, action, rules = [] }: Policy): readonly string[] {
  const isWide = rules.some((rule) => {
    const clauses = clausesOf(rule);
    return clauses.some(isHttp) && !clauses.some(({ key }) => key === "destination.port");
  });
  return [
    ...(selector?.size === 0 ? ["its selector has no labels, so it is for every workload"] : []),
    ...(action === "DENY" && isWide
      ? ["it denies by fields of HTTP without a port, and so all connections that are not HTTP"]
      : []),
  ];
}
