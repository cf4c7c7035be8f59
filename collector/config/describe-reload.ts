import type { Difference, ListenerChange, ReloadPlan } from "./plan-reload.ts";

/** What differs among entries of one kind, each list only if it names something. */
export type NamedChanges = Partial<Pick<Difference, "added" | "removed" | "changed">>;

/** What a reload changed, in words for the log: only what is there to say. */
export interface ReloadSummary {
  readonly handlers?: NamedChanges;
  readonly instances?: NamedChanges;
  readonly rules?: NamedChanges;
  /** Other sections that differ, by name. */
  readonly sections?: readonly string[];
  /** Rules or handlers have the same names and settings, in another order. */
  readonly order?: true;
}

/** Says what a plan touches, listeners apart. */
export function describeReload(plan: ReloadPlan): ReloadSummary {
  const summary = {
    ...named("handlers", plan.handlers),
    ...named("instances", plan.instances),
    ...named("rules", plan.rules),
    ...(plan.sections.length > 0 && { sections: plan.sections }),
  };
  const silent = Object.keys(summary).length === 0 && plan.listeners.length === 0;
  return silent && !plan.nothing ? { order: true } : summary;
}

/** Says which listeners differ, in one text each: `grpc: address, reporter changed` or `extra: added`. */
export function describeListeners(changes: readonly ListenerChange[]): string[] {
  return changes.map(({ name, what, settings }) => `${name}: ${[settings.join(", "), what].join(" ").trim()}`);
}

function named(kind: "handlers" | "instances" | "rules", { added, removed, changed }: Difference): ReloadSummary {
  const lists = Object.entries({ added, removed, changed }).filter(([, names]) => names.length > 0);
  return lists.length === 0 ? {} : { [kind]: Object.fromEntries(lists) };
}
