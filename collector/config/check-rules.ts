import { nearest } from "../../schemas/model/nearest.ts";
import type { ExpressionReader } from "./check-expressions.ts";
import { readPolicy } from "./check-policy.ts";
import type { CheckedPolicyRule, CheckedRule } from "./checked.ts";
import { policySettings, ruleKinds } from "./policy-schema.ts";
import type { Path, Place, Report } from "./problem.ts";
import { oneOf } from "./schema-words.ts";
import { child, itemsOf, type Tree, textOf } from "./tree.ts";

/** A name in an action, where it stands, and what it was taken for: itself, or the nearest valid name. */
export interface NameUse {
  readonly name: string;
  readonly meant: string | undefined;
  readonly at: Place;
  readonly path: Path;
}

/** One action with its names. */
export interface NamedAction {
  readonly handler: NameUse | undefined;
  readonly instances: readonly NameUse[];
}

/** A handler that a policy rule asks, and the instance that it asks about. */
export interface NamedCheck {
  readonly handler: NameUse | undefined;
  readonly instance: NameUse | undefined;
  readonly hasInstance: boolean;
  /** It keeps budgets, and is not asked for a decision. */
  readonly isStore: boolean;
}

/** Rules as far as they could be read. */
export interface ReadRules {
  /** Only whole ones, that send something somewhere. */
  readonly rules: readonly CheckedRule[];
  /** Those that decide, in the order in which they are tried. */
  readonly policy: readonly CheckedPolicyRule[];
  /** Names that policy rules use. */
  readonly asked: readonly NamedCheck[];
  readonly actions: readonly NamedAction[];
}

/** The names that actions may use. */
export interface RuleNames {
  readonly handlers: ReadonlySet<string>;
  readonly instances: ReadonlySet<string>;
  /** False if a file could not be read whole: then an unknown name may stand in the lost part. */
  readonly complete: boolean;
}

/** Compiles the rules' matches, resolves their names, and refuses a name given twice. */
export function checkRules(
  rules: readonly Tree[],
  names: RuleNames,
  expressions: ExpressionReader,
  report: Report,
): ReadRules {
  const places = new Map<string, Place>();
  const read = rules.map((tree, index) => {
    const path: Path = ["rules", index];
    const name = textOf(child(tree, "name"));
    if (name !== undefined) refuseTwice(name, child(tree, "name")?.at ?? tree.at, path, places, report);
    const match = child(tree, "match");
    const expression = expressions.read(match, [...path, "match"], "match");
    refuseKinds(tree, path, report);
    const actions = itemsOf(child(tree, "actions")).map((action, at) =>
      readAction(action, [...path, "actions", at], names, report),
    );
    refuseRepeats(actions, report);
    const asked = askedBy(tree, path, names, report);
    const policy = readPolicy(tree, path, expressions, report);
    return { name: name ?? "", match: expression, actions, policy, asked };
  });
  const decisive = read.flatMap(({ name, match, policy }) => (policy === undefined ? [] : [{ name, match, policy }]));
  return {
    rules: read
      .filter(({ actions }) => actions.length > 0)
      .map(({ name, match, actions }) => ({ name, match, actions: actions.map(toAction) })),
    actions: read.flatMap(({ actions }) => actions),
    policy: decisive.sort((a, b) => b.policy.priority - a.policy.priority),
    asked: read.flatMap(({ asked }) => asked),
  };
}

/** A rule does one thing. */
function refuseKinds(tree: Tree, path: Path, report: Report): void {
  const found = ruleKinds.filter((kind) => child(tree, kind) !== undefined);
  const [first, second] = found;
  if (tree.kind !== "map") return;
  // A misspelt key has been told of.
  const isMisspelt = tree.entries.some(({ key }) => !Object.hasOwn(policySettings, key) && nearest(key, ruleKinds));
  if (first === undefined && !isMisspelt)
    report({ at: tree.at, path, message: "the rule does nothing", expected: `one of ${ruleKinds.join(", ")}` });
  if (second !== undefined)
    report({
      at: child(tree, second)?.at ?? tree.at,
      path: [...path, second],
      message: `the rule has "${first}" already`,
      expected: `one of ${ruleKinds.join(", ")}`,
    });
}

/** The names that a policy rule uses, resolved. */
function askedBy(tree: Tree, path: Path, names: RuleNames, report: Report): NamedCheck[] {
  const { handlers, instances, complete } = names;
  const check = child(tree, "check");
  const store = child(child(tree, "limit"), "store");
  if (store !== undefined && textOf(store) !== "memory") {
    const handler = resolveName(store, [...path, "limit", "store"], "handler", handlers, complete, report);
    return [{ handler, instance: undefined, hasInstance: false, isStore: true }];
  }
  if (check === undefined) return [];
  const instance = child(check, "instance");
  return [
    {
      handler: resolveName(
        child(check, "handler"),
        [...path, "check", "handler"],
        "handler",
        handlers,
        complete,
        report,
      ),
      instance: resolveName(instance, [...path, "check", "instance"], "instance", instances, complete, report),
      hasInstance: instance !== undefined,
      isStore: false,
    },
  ];
}

function refuseTwice(name: string, at: Place, path: Path, places: Map<string, Place>, report: Report): void {
  const first = places.get(name);
  if (first === undefined) places.set(name, at);
  else
    report({
      at,
      path: [...path, "name"],
      message: `a rule named "${name}" is already in ${first.file}:${first.line}`,
    });
}

function readAction(tree: Tree, path: Path, names: RuleNames, report: Report): NamedAction {
  const { handlers, instances, complete } = names;
  return {
    handler: resolveName(child(tree, "handler"), [...path, "handler"], "handler", handlers, complete, report),
    instances: itemsOf(child(tree, "instances")).flatMap(
      (item, index) => resolveName(item, [...path, "instances", index], "instance", instances, complete, report) ?? [],
    ),
  };
}

/** A name and what it was taken for; an unknown one is reported where everything is known. */
function resolveName(
  tree: Tree | undefined,
  path: Path,
  kind: string,
  known: ReadonlySet<string>,
  complete: boolean,
  report: Report,
): NameUse | undefined {
  const name = textOf(tree);
  if (name === undefined || tree === undefined) return undefined;
  const suggestion = known.has(name) ? undefined : nearest(name, known);
  if (!known.has(name) && complete) {
    const expected = suggestion === undefined ? choices(kind, known) : undefined;
    report({ at: tree.at, path, message: `unknown ${kind} "${name}"`, suggestion, expected });
  }
  return { name, meant: known.has(name) ? name : suggestion, at: tree.at, path };
}

/** A few names are worth listing, many are not. */
function choices(kind: string, known: ReadonlySet<string>): string {
  if (known.size === 0) return `one of the ${kind}s, but there are none`;
  return known.size > 8 ? `one of the ${known.size} ${kind}s` : oneOf([...known]);
}

/** Sending one instance to one handler twice would count it twice. */
function refuseRepeats(actions: readonly NamedAction[], report: Report): void {
  const seen = new Set<string>();
  for (const { handler, instances } of actions) {
    for (const { name, at, path } of instances) {
      const key = JSON.stringify([handler?.name, name]);
      if (handler !== undefined && seen.has(key)) {
        report({
          at,
          path,
          message: `the rule already sends "${name}" to "${handler.name}", and twice would count twice`,
        });
      }
      seen.add(key);
    }
  }
}

const toAction = ({ handler, instances }: NamedAction) => ({
  handler: handler?.name ?? "",
  instances: instances.map(({ name }) => name),
});
