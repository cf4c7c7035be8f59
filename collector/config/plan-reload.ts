import { isDeepStrictEqual } from "node:util";
import type { CheckedConfig } from "./checked.ts";
import type { HubConfig, ListenerConfig } from "./schema.ts";

/** How a set of names differs between two configurations. */
export interface Difference {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
  readonly unchanged: readonly string[];
}

/** A listener that is not as it was; `settings` is empty where it came or went. */
export interface ListenerChange {
  readonly name: string;
  readonly what: "added" | "removed" | "changed";
  readonly settings: readonly string[];
}

/** What a reload has to touch. */
export interface ReloadPlan {
  /** By adapter, settings, and the instances that rules send. */
  readonly handlers: Difference;
  readonly instances: Difference;
  readonly rules: Difference;
  readonly listeners: readonly ListenerChange[];
  /** The other sections that differ, by name. */
  readonly sections: readonly string[];
  /** Nothing at all is different. */
  readonly nothing: boolean;
}

/** Compares what runs with what is to run. A handler counts as unchanged only if the adapter would be told the same. */
export function planReload(previous: CheckedConfig, next: CheckedConfig): ReloadPlan {
  return {
    handlers: compare(handlersOf(previous), handlersOf(next)),
    instances: compare(Object.entries(previous.config.instances), Object.entries(next.config.instances)),
    rules: compare(rulesOf(previous), rulesOf(next)),
    listeners: compareListeners(previous.config.listeners, next.config.listeners),
    sections: compareSections(previous.config, next.config),
    nothing: isDeepStrictEqual(comparable(previous), comparable(next)),
  };
}

/** Sections that are compared entry by entry. */
const entrywise: readonly string[] = ["handlers", "instances", "rules", "listeners"] satisfies (keyof HubConfig)[];

function compareSections(previous: HubConfig, next: HubConfig): string[] {
  const { added, removed, changed } = compare(Object.entries(previous), Object.entries(next));
  return [...added, ...removed, ...changed].filter((section) => !entrywise.includes(section));
}

/** The order of rules and handlers is part of what runs. */
function comparable(checked: CheckedConfig): unknown {
  return [checked.config, handlersOf(checked)];
}

type Named = readonly (readonly [string, unknown])[];

function handlersOf({ handlers }: CheckedConfig): Named {
  // A plug-in that was loaded anew has another `open`.
  return [...handlers].map(([name, { adapter, params, instances }]) => [
    name,
    [adapter.type, adapter.open, params, instances],
  ]);
}

function rulesOf({ config }: CheckedConfig): Named {
  return config.rules.map((rule) => [rule.name, rule]);
}

function compare(previous: Named, next: Named): Difference {
  const before = new Map(previous);
  const after = new Map(next);
  const names = [...after.keys()];
  const kept = names.filter((name) => before.has(name));
  return {
    added: names.filter((name) => !before.has(name)),
    removed: [...before.keys()].filter((name) => !after.has(name)),
    changed: kept.filter((name) => !isDeepStrictEqual(before.get(name), after.get(name))),
    unchanged: kept.filter((name) => isDeepStrictEqual(before.get(name), after.get(name))),
  };
}

type Listeners = HubConfig["listeners"];

function compareListeners(previous: Listeners, next: Listeners): ListenerChange[] {
  const names = new Set([...Object.keys(previous), ...Object.keys(next)]);
  const of = (listeners: Listeners, name: string) =>
    Object.hasOwn(listeners, name) ? (listeners[name] ?? null) : null;
  return [...names].flatMap((name) => compareListener(name, of(previous, name), of(next, name)));
}

function compareListener(name: string, before: ListenerConfig | null, after: ListenerConfig | null): ListenerChange[] {
  if (before === null) return after === null ? [] : [{ name, what: "added", settings: [] }];
  if (after === null) return [{ name, what: "removed", settings: [] }];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])] as (keyof ListenerConfig)[];
  const settings = keys.filter((key) => !isDeepStrictEqual(before[key], after[key]));
  return settings.length === 0 ? [] : [{ name, what: "changed", settings }];
}
