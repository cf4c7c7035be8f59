import type { InstanceDeclaration } from "../../schemas/model/instance.ts";
import type { ConfigProblem } from "../adapter.ts";
import { type MetricDefinition, toDefinitions } from "../shared/series/definition.ts";
import { seriesProblems } from "../shared/series/problems.ts";
import type { NewRelicConfig } from "./config.ts";
import { limits } from "./limits.ts";
import { keptName, newRelicNaming, reserved } from "./naming.ts";

/** Most characters of a metric's name. */
const maxMetricName = 254;

/** What is wrong with settings in the light of the instances: names that New Relic refuses, events without an account. */
export function validate(config: NewRelicConfig, instances: readonly InstanceDeclaration[]): readonly ConfigProblem[] {
  return [
    ...accountProblems(config, instances),
    ...eventProblems(config, instances),
    ...ownProblems(config),
    ...seriesProblems(config, instances, newRelicNaming),
    ...toDefinitions(config, instances, newRelicNaming).flatMap((metric) => metricProblems(config, metric)),
    ...instances.flatMap((instance) => nameProblems(config, instance)),
  ];
}

function accountProblems(config: NewRelicConfig, instances: readonly InstanceDeclaration[]): readonly ConfigProblem[] {
  const events = instances.filter(({ name, template }) => template === "edge" || Object.hasOwn(config.events, name));
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
    .map((name) => ({ path: ["attributes", name], message: `the attribute "${name}" ${keptName}` }));
}

/** What the store of the series does not know of New Relic's metrics. */
function metricProblems({ attributes, metrics }: NewRelicConfig, metric: MetricDefinition): readonly ConfigProblem[] {
  const { instance, name, labels } = metric;
  const path = Object.hasOwn(metrics, instance) ? ["metrics", instance] : [];
  const messages: string[] = [];
  if (name.length > maxMetricName) messages.push(`the name of "${instance}" has more than ${maxMetricName} characters`);
  const names = [...labels, ...Object.keys(attributes)];
  if (names.includes(name)) messages.push(`"${name}" is a metric and an attribute of it. Rename one of them`);
  if (names.length > limits.metric.count)
    messages.push(
      `"${instance}" has ${names.length} dimensions and attributes; New Relic takes ${limits.metric.count}`,
    );
  return messages.map((message) => ({ path, message }));
}

function nameProblems(config: NewRelicConfig, instance: InstanceDeclaration): readonly ConfigProblem[] {
  const { kind, names } = attributesOf(config, instance);
  return names
    .filter((name) => reserved[kind].includes(name))
    .map((name) => ({ path: [], message: `"${name}" of the instance "${instance.name}" ${keptName}` }));
}

/** Dimensions of metrics are checked with their series. */
function attributesOf(config: NewRelicConfig, instance: InstanceDeclaration) {
  if (instance.template === "tracespan") return { kind: "span", names: Object.keys(instance.attributes) } as const;
  if (instance.template !== "logentry") return { kind: "event", names: [] } as const;
  const kind = Object.hasOwn(config.events, instance.name) ? "event" : "log";
  return { kind, names: Object.keys(instance.variables) } as const;
}
