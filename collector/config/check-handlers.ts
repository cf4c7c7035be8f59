import { z } from "zod";
import type { Adapter } from "../../adapters/adapter.ts";
import { type InstanceDeclaration, questionTemplates } from "../../schemas/model/instance.ts";
import { nearest } from "../../schemas/model/nearest.ts";
import { ownSpans } from "../../schemas/model/own-spans.ts";
import { readAdapterExpressions } from "./adapter-expressions.ts";
import { askAdapter, failedOver } from "./ask-adapter.ts";
import type { ExpressionReader } from "./check-expressions.ts";
import type { ReadInstance } from "./check-instances.ts";
import type { NamedAction, NamedCheck } from "./check-rules.ts";
import type { CheckedQuestion, ReadHandler } from "./checked.ts";
import type { FindPlugin, PluginFault } from "./plugin-outcome.ts";
import type { Path, Report } from "./problem.ts";
import { oneOf } from "./schema-words.ts";
import { readShape } from "./shape.ts";
import { child, type Entry, isEmpty, placeAt, type Tree, textOf } from "./tree.ts";

/** What handlers are checked against. */
export interface HandlerChecks {
  readonly adapters: readonly Adapter[];
  readonly findPlugin?: FindPlugin | undefined;
  readonly expressions: ExpressionReader;
  readonly instances: ReadonlyMap<string, ReadInstance>;
  /** What rules ask about, and never send. */
  readonly questions: ReadonlyMap<string, CheckedQuestion>;
  readonly actions: readonly NamedAction[];
  /** What policy rules ask. */
  readonly asked: readonly NamedCheck[];
  /** The handler that takes the hub's own spans. */
  readonly carrier?: string | undefined;
  /** False if a file could not be read whole: then what rules send is not known for sure. */
  readonly complete: boolean;
}

/** Finds each handler's adapter, holds its settings against the adapter's schema, and its instances against what it takes. */
export function checkHandlers(
  handlers: readonly Entry[],
  checks: HandlerChecks,
  report: Report,
): ReadonlyMap<string, ReadHandler> {
  const checked = new Map(
    handlers.flatMap((entry) => checkHandler(entry, checks, report)).map((handler) => [handler.name, handler]),
  );
  for (const entry of handlers) refuseCounting(entry, handlers, checked, report);
  for (const { handler: use, isStore } of checks.asked) {
    const adapter = checked.get(use?.meant ?? "")?.adapter;
    if (!isStore || use === undefined || adapter === undefined || adapter.stores !== undefined) continue;
    report({ at: use.at, path: use.path, message: keepsNone(use.meant ?? "", adapter) });
  }
  return checked;
}

/** A handler that answers rate limit requests counts in memory, or in a handler that keeps budgets. */
function refuseCounting(
  { key: name, value }: Entry,
  handlers: readonly Entry[],
  checked: ReadonlyMap<string, ReadHandler>,
  report: Report,
): void {
  const { adapter, params } = checked.get(name) ?? {};
  if (adapter === undefined) return;
  const at = (child(child(value, "params"), "store") ?? value).at;
  const path: Path = ["handlers", name, "params", "store"];
  const store = askAdapter(adapter, () => adapter.rateLimits?.store(params), { at, path }, report);
  if (store === undefined || store === "memory") return;
  const names = handlers.map(({ key }) => key);
  const other = checked.get(store)?.adapter;
  if (!names.includes(store)) {
    const suggestion = nearest(store, ["memory", ...names]);
    report({ at, path, message: `unknown handler "${store}"`, suggestion });
  } else if (other !== undefined && other.stores === undefined) report({ at, path, message: keepsNone(store, other) });
}

const keepsNone = (handler: string, { type }: Adapter): string =>
  `the adapter ${type} of handler "${handler}" keeps no budgets: expected memory, or a handler of redis`;

function checkHandler({ key: name, value }: Entry, checks: HandlerChecks, report: Report): ReadHandler[] {
  const adapter = findAdapter(name, child(value, "adapter"), checks, report);
  if (adapter === undefined) return [];
  const path: Path = ["handlers", name, "params"];
  refuseTemplates(name, adapter, checks, report);
  refuseQuestions(name, adapter, checks, report);
  const given = child(value, "params");
  const tree: Tree = given === undefined || isEmpty(given) ? { kind: "map", at: value.at, entries: [] } : given;
  if (tree.kind !== "map") return []; // The shape of the whole has said so.
  const params = readParams(adapter, tree, path, report);
  const computed = readAdapterExpressions(adapter, tree, params?.data, path, checks.expressions, report);
  if (params === undefined) return [];
  const instances = sentTo(name, checks);
  refuseReads(name, adapter, params.data, { tree, path, name, checks }, report);
  validate(adapter, params.data, instances, { tree, path, name, checks }, report);
  return [{ name, adapter, computed, params: params.data, instances }];
}

/** The settings as the adapter's schema gives them; undefined if something is wrong with them, which is reported. */
function readParams(adapter: Adapter, tree: Tree, path: Path, report: Report): { readonly data: unknown } | undefined {
  let faults = 0;
  try {
    const plain = readShape(tree, adapter.config, path, (finding) => {
      faults++;
      report(finding);
    });
    const params = faults > 0 ? undefined : z.safeParse(adapter.config, plain);
    return params?.success ? params : undefined;
  } catch (error) {
    report({ at: tree.at, path, message: failedOver(adapter, error) });
    return undefined;
  }
}

function findAdapter(
  handler: string,
  tree: Tree | undefined,
  { adapters, findPlugin }: HandlerChecks,
  report: Report,
): Adapter | undefined {
  const type = textOf(tree);
  if (tree === undefined || type === undefined) return undefined;
  const builtIn = adapters.find((candidate) => candidate.type === type);
  if (builtIn !== undefined) return builtIn;
  const plugin = findPlugin?.(type, tree.at.file);
  if (plugin?.ok) return plugin.adapter;
  const path: Path = ["handlers", handler, "adapter"];
  for (const fault of plugin?.faults ?? [unknownAdapter(type, adapters)]) report({ at: tree.at, path, ...fault });
  return undefined;
}

function unknownAdapter(type: string, adapters: readonly Adapter[]): PluginFault {
  const types = adapters.map((candidate) => candidate.type);
  const suggestion = nearest(type, types);
  const expected =
    suggestion === undefined ? `${oneOf(types)}, an npm package, or a file such as ./NAME.ts` : undefined;
  return { message: `unknown adapter "${type}"`, suggestion, expected };
}

/** A policy rule may ask adapters that decide, with an instance or without as they want it. */
function refuseQuestions(
  handler: string,
  { type, checks }: Adapter,
  { asked, questions, instances }: HandlerChecks,
  report: Report,
): void {
  for (const { handler: use, instance, hasInstance, isStore } of asked) {
    if (use?.meant !== handler || isStore) continue;
    const { at, path } = use;
    if (checks === undefined)
      report({ at, path, message: `the adapter ${type} of handler "${handler}" does not decide on requests` });
    else if (checks.instance === "required" && !hasInstance)
      report({ at, path, message: `handler "${handler}" must be asked about an instance`, expected: '"instance"' });
    else if (checks.instance === "none" && hasInstance)
      report({ at, path, message: `handler "${handler}" reads the request itself, and takes no instance` });
    else if (instance?.meant !== undefined) {
      const given = questions.get(instance.meant)?.template ?? instances.get(instance.meant)?.template;
      const wanted = checks.template === undefined ? questionTemplates : [checks.template];
      if (given === undefined || wanted.some((template) => template === given)) continue;
      report({
        ...{ at: instance.at, path: instance.path },
        message: `"${instance.meant}" is ${article(given)} ${given}, which handler "${handler}" cannot be asked about`,
        expected: oneOf(wanted),
      });
    }
  }
}

/** What a policy rule asks of a handler must be there to be read. */
function refuseReads(
  handler: string,
  adapter: Adapter,
  params: unknown,
  { tree, path, checks: { asked, expressions } }: Validated,
  report: Report,
): void {
  if (!asked.some(({ handler: use, isStore }) => use?.meant === handler && !isStore)) return;
  const { at } = tree;
  for (const name of askAdapter(adapter, () => adapter.checks?.reads(params), { at, path }, report) ?? [])
    if (!expressions.isAttribute(name)) report({ at: tree.at, path, message: `unknown attribute "${name}"` });
}

function refuseTemplates(
  handler: string,
  { type, accepts }: Adapter,
  { actions, instances, questions }: HandlerChecks,
  report: Report,
): void {
  for (const action of actions) {
    if (action.handler?.meant !== handler) continue;
    for (const { meant, at, path } of action.instances) {
      const question = questions.get(meant ?? "")?.template;
      if (question !== undefined)
        report({
          at,
          path,
          message: `"${meant}" is ${article(question)} ${question}, which only a rule's "check" uses`,
        });
      const template = instances.get(meant ?? "")?.template;
      if (template === undefined || accepts.includes(template)) continue;
      report({
        at,
        path,
        message: `"${meant}" is ${article(template)} ${template}, which handler "${handler}" does not take`,
        expected: `${oneOf(accepts)}, as the adapter ${type} takes`,
      });
    }
  }
}

const article = (word: string): string => (/^[aeiou]/.test(word) ? "an" : "a");

/** What rules send to a handler, in order of first mention, and the hub itself. */
function sentTo(handler: string, { actions, instances, carrier }: HandlerChecks): InstanceDeclaration[] {
  const names = new Set(
    actions
      .filter((action) => action.handler?.meant === handler)
      .flatMap((action) => action.instances.map(({ meant }) => meant ?? "")),
  );
  const ofRules = [...names].flatMap((name) => instances.get(name)?.declaration ?? []);
  return handler === carrier ? [...ofRules, ownSpans] : ofRules;
}

interface Validated {
  readonly tree: Tree;
  readonly path: Path;
  readonly name: string;
  readonly checks: HandlerChecks;
}

/** The adapter's own checks. What it says of instances that are faulty themselves, or that a misspelt name kept away, is a follow-on. */
function validate(
  adapter: Adapter,
  params: unknown,
  sent: readonly InstanceDeclaration[],
  { tree, path, checks }: Validated,
  report: Report,
): void {
  const doubtful = doubtfulNames(checks, sent);
  for (const problem of problemsOf(adapter, params, sent)) {
    const about = [
      ...problem.path.map(String),
      ...(problem.message.match(/"[^"]*"/g) ?? []).map((word) => word.slice(1, -1)),
    ];
    if (doubtful === "all" || about.some((word) => doubtful.has(word))) continue;
    report({ at: placeAt(tree, problem.path), path: [...path, ...problem.path], message: problem.message });
  }
}

function problemsOf(adapter: Adapter, params: unknown, sent: readonly InstanceDeclaration[]) {
  try {
    return adapter.validate?.(params, sent) ?? [];
  } catch (error) {
    return [{ path: [], message: failedOver(adapter, error) }];
  }
}

function doubtfulNames(
  { actions, instances, complete }: HandlerChecks,
  sent: readonly InstanceDeclaration[],
): ReadonlySet<string> | "all" {
  if (!complete) return "all";
  const lost = actions.filter(({ handler }) => handler?.meant === undefined).flatMap((action) => action.instances);
  const unknown = actions.flatMap((action) => action.instances).some(({ meant }) => meant === undefined);
  if (unknown) return new Set([...instances.keys()]);
  const faulty = sent.filter(({ name }) => instances.get(name)?.checked === undefined).map(({ name }) => name);
  return new Set([...faulty, ...lost.map(({ meant }) => meant ?? "")]);
}
