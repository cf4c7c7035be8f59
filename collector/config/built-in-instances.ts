import { child, type Entry, itemsOf, type Tree, textOf, toMapTree } from "./tree.ts";

/** What an entry about a decision says: what was decided, and who called what. */
const decided = [
  ...["rule", "revision", "error_code", "error_message", "shadow", "cache_hit"].map((name) => `check.${name}`),
  ...["method", "host", "url_path", "id"].map((name) => `request.${name}`),
  ...["source", "destination"].flatMap((side) =>
    ["workload.name", "workload.namespace", "principal", "ip"].map((name) => `${side}.${name}`),
  ),
  ...["destination.service.name", "destination.service.namespace", "trace.id"],
];

/** Instances that every configuration may use without declaring them; their settings are the defaults of their templates. */
const builtIn = toMapTree({
  accesslog: { template: "logentry" },
  edges: { template: "edge" },
  spans: { template: "spans" },
  metrics: { template: "metrics" },
  decisions: {
    template: "logentry",
    params: {
      severity: '(check.error_code | 0) == 0 ? "info" : "warn"',
      timestamp: "context.time",
      variables: Object.fromEntries(decided.map((name) => [name, name])),
    },
  },
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
