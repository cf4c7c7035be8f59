import { type Field, fieldOf, type Predicate, type Surroundings } from "./fields.ts";
import { type Clause, isDryRun, type Policy, type Rule } from "./policy.ts";
import { compileTarget, type Fits } from "./target.ts";

/** A policy that can be asked. */
export interface CompiledPolicy {
  readonly name: string;
  readonly action: Policy["action"];
  readonly provider: string;
  readonly isDryRun: boolean;
  /** Whether the policy is for this workload. */
  readonly fits: Fits;
  /** What Envoy calls one of its rules. */
  readonly idOf: (rule: number) => string;
  /** Rules by their position; undefined for those that cannot be said of connections. */
  readonly http: readonly Predicate[];
  readonly tcp: readonly (Predicate | undefined)[];
}

/** Compiles a policy that has passed validation. */
export function compilePolicy(policy: Policy, rootNamespace: string, surroundings: Surroundings): CompiledPolicy {
  const { name, namespace, action, provider = "" } = policy;
  const rules = policy.rules ?? [];
  return {
    ...{
      name: `${namespace}/${name}`,
      action,
      provider,
      isDryRun: isDryRun(policy),
      fits: compileTarget(policy, rootNamespace),
    },
    idOf: (rule) => `ns[${namespace}]-policy[${name}]-rule[${rule}]`,
    http: rules.map((rule) => compileRule(rule, (clause) => compileClause(clause, surroundings))),
    tcp: rules.map((rule) => compileTcpRule(rule, action, surroundings)),
  };
}

/** Of connections, fields of requests cannot be said: a rule that allows is dropped if it has one, others do without it. */
function compileTcpRule(rule: Rule, action: Policy["action"], surroundings: Surroundings): Predicate | undefined {
  if (action === "ALLOW" && clausesOf(rule).some(isHttp)) return undefined;
  return compileRule(rule, (clause) => (isHttp(clause) ? always : compileClause(clause, surroundings)));
}

/** All clauses of a rule, wherever they stand. */
export function clausesOf({ from = [], to = [], when }: Rule): readonly Clause[] {
  return [...from.flat(), ...to.flat(), ...when];
}

/** Whether a clause is about requests, which connections do not have. */
export const isHttp = ({ key }: Clause): boolean => known(key).isHttp;

const always: Predicate = () => true;

/** Some source, some operation, and every condition. */
function compileRule({ from, to, when }: Rule, compile: (clause: Clause) => Predicate): Predicate {
  const every = (clauses: readonly Clause[]) => all(clauses.map(compile).filter((predicate) => predicate !== always));
  const parts = [from, to].flatMap((alternatives) =>
    alternatives === undefined ? [] : [any(alternatives.map(every))],
  );
  return all([...parts, every(when)].filter((predicate) => predicate !== always));
}

/** One of the values, if there are any, and none of the others. */
function compileClause({ key, values, notValues }: Clause, surroundings: Surroundings): Predicate {
  const field = known(key);
  const one = (texts: readonly string[]) => any(texts.map((text) => field.compile(text, surroundings)));
  const none = one(notValues);
  if (notValues.length === 0) return one(values);
  if (values.length === 0) return (call) => !none(call);
  const positive = one(values);
  return (call) => positive(call) && !none(call);
}

function known(key: string): Field {
  const field = fieldOf(key);
  if ("unknown" in field) throw new Error(field.unknown);
  return field;
}

function any(predicates: readonly Predicate[]): Predicate {
  const [only] = predicates;
  return predicates.length === 1 && only ? only : (call) => predicates.some((predicate) => predicate(call));
}

function all(predicates: readonly Predicate[]): Predicate {
  const [only] = predicates;
  if (only === undefined) return always;
  return predicates.length === 1 ? only : (call) => predicates.every((predicate) => predicate(call));
}
