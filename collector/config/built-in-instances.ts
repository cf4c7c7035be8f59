import { child, type Entry, itemsOf, type Tree, textOf, toMapTree } from "./tree.ts";

/** Instances that every configuration may use without declaring them; their settings are the defaults of their templates. */
const builtIn = toMapTree({
  accesslog: { template: "logentry" },
  edges: { template: "edge" },
  spans: { template: "spans" },
});

/** The names of built-in instances. */
export const builtInNames: readonly string[] = builtIn.entries.map(({ key }) => key);

/** The declared instances, and the built-in ones that rules send and nobody declares. */
export function withBuiltIns(declared: readonly Entry[], rules: readonly Tree[]): readonly Entry[] {
  const names = new Set(declared.map(({ key }) => key));
  const sent = new Set(
    rules.flatMap((rule) =>
      itemsOf(child(rule, "actions")).flatMap((action) => itemsOf(child(action, "instances")).map(textOf)),
    ),
  );
  return [...declared, ...builtIn.entries.filter(({ key }) => !names.has(key) && sent.has(key))];
}
