import type { InstanceDeclaration } from "../../schemas/model/instance.ts";
import type { ConfigProblem } from "../adapter.ts";
import type { NewRelicConfig } from "./config.ts";
import { limits } from "./limits.ts";
import { spanFields } from "./spans.ts";

/** Names that New Relic keeps for itself, by what they would be attributes of. */
const reserved: Readonly<Record<"metric" | "event" | "log" | "span", readonly string[]>> = {
  metric: [
    ...["interval.ms", "timestamp", "value", "common", "min", "max", "count", "sum", "metrics"],
    ...["metricName", "endTimestamp", "newrelic.source", "entity.guid", "entity.name", "entity.type"],
  ],
  event: ["eventType", "timestamp"],
  log: ["timestamp"],
  span: [...spanFields, "entityGuid", "guid", "trace.id", "id"],
};

/** What is wrong with settings in the light of the instances: names that New Relic refuses, events without an account. */
export function validate(config: NewRelicConfig, instances: readonly InstanceDeclaration[]): readonly ConfigProblem[] {
  return [
    ...accountProblems(config, instances),
    ...eventProblems(config, instances),
    ...ownProblems(config),
    ...instances.flatMap((instance) => nameProblems(config, instance)),
  ];
}

function accountProblems(config: NewRelicConfig, instances: readonly InstanceDeclaration[]): readonly ConfigProblem[] {
  const events = instances.filter(({ name, template }) => template === "edge" || name in config.events);
  if (events.length === 0 || config.accountId !== undefined || config.eventUrl !== undefined) return [];
  const message = `"${events[0]!.name}" is sent as events, which need the account's number. Give accountId, or eventUrl`;
  return [{ path: [], message }];
}

function eventProblems(config: NewRelicConfig, instances: readonly InstanceDeclaration[]): readonly ConfigProblem[] {
  return Object.keys(config.events).flatMap((name) => {
    const path = ["events", name];
    const template = instances.find((instance) => instance.name === name)?.template;
    if (template === undefined) return [{ path, message: `no rule sends an instance "${name}" to this handler` }];
    if (template === "logentry" || template === "edge") return [];
    return [{ path, message: `"${name}" is a ${template}; only log entries and edges can be events` }];
  });
}

function ownProblems({ attributes }: NewRelicConfig): readonly ConfigProblem[] {
  const taken = new Set(Object.values(reserved).flat());
  return Object.keys(attributes)
    .filter((name) => taken.has(name) && name !== "service.name")
    .map((name) => ({ path: ["attributes", name], message: reservedMessage(`the attribute "${name}"`) }));
}

function nameProblems(config: NewRelicConfig, instance: InstanceDeclaration): readonly ConfigProblem[] {
  const { kind, names } = attributesOf(config, instance);
  const problems = names
    .filter((name) => reserved[kind].includes(name) || (kind === "metric" && name === instance.name))
    .map((name) => ({ path: [], message: reservedMessage(`"${name}" of the instance "${instance.name}"`) }));
  const count = names.length + Object.keys(config.attributes).length;
  if (kind !== "metric" || count <= limits.metric.count) return problems;
  const message = `"${instance.name}" has ${count} dimensions and attributes; New Relic takes ${limits.metric.count}`;
  return [...problems, { path: [], message }];
}

function attributesOf(config: NewRelicConfig, instance: InstanceDeclaration) {
  if (instance.template === "metric") return { kind: "metric", names: instance.labelNames } as const;
  if (instance.template === "tracespan") return { kind: "span", names: Object.keys(instance.attributes) } as const;
  if (instance.template === "edge") return { kind: "event", names: [] } as const;
  const kind = instance.name in config.events ? "event" : "log";
  return { kind, names: Object.keys(instance.variables) } as const;
}

const reservedMessage = (what: string) => `${what} is a name that New Relic keeps for itself. Give it another`;
