import { nearest } from "../../schemas/model/nearest.ts";
import type { ExpressionReader } from "./check-expressions.ts";
import type { CheckedRule } from "./checked.ts";
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

/** Rules as far as they could be read. */
export interface ReadRules {
  /** Only whole ones. */
  readonly rules: readonly CheckedRule[];
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
    const actions = itemsOf(child(tree, "actions")).map((action, at) =>
      readAction(action, [...path, "actions", at], names, report),
    );
    refuseRepeats(actions, report);
    return { rule: { name: name ?? "", match: expression, actions: actions.map(toAction) }, actions };
  });
  return { rules: read.map(({ rule }) => rule), actions: read.flatMap(({ actions }) => actions) };
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

function readAction(tree: Tree, path: Path, { handlers, instances, complete }: RuleNames, report: Report): NamedAction {
  const use = (place: Tree | undefined, at: Path, kind: string, known: ReadonlySet<string>): NameUse[] => {
    const name = textOf(place);
    if (name === undefined || place === undefined) return [];
    const suggestion = known.has(name) ? undefined : nearest(name, known);
    if (!known.has(name) && complete) {
      const expected = suggestion === undefined ? choices(kind, known) : undefined;
      report({ at: place.at, path: at, message: `unknown ${kind} "${name}"`, suggestion, expected });
    }
    return [{ name, meant: known.has(name) ? name : suggestion, at: place.at, path: at }];
  };
  return {
    handler: use(child(tree, "handler"), [...path, "handler"], "handler", handlers)[0],
    instances: itemsOf(child(tree, "instances")).flatMap((item, index) =>
      use(item, [...path, "instances", index], "instance", instances),
    ),
  };
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
