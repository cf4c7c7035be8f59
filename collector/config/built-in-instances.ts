import { type Entry, toMapTree } from "./tree.ts";

/** Instances that every configuration may use without declaring them; their settings are the defaults of their templates. */
const builtIn = toMapTree({
  accesslog: { template: "logentry" },
  edges: { template: "edge" },
});

/** The declared instances, and the built-in ones whose names are not declared. */
export function withBuiltIns(declared: readonly Entry[]): readonly Entry[] {
  const names = new Set(declared.map(({ key }) => key));
  return [...declared, ...builtIn.entries.filter(({ key }) => !names.has(key))];
}
