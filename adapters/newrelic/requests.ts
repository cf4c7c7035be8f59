import type { InstanceOf } from "../../schemas/model/instance.ts";
import { type Fit, type OnCut, toAttributes } from "./attributes.ts";
import type { NewRelicConfig } from "./config.ts";
import { type Api, apis } from "./endpoints.ts";
import { edgeEventType, toEvent } from "./events.ts";
import { roomBeside } from "./limits.ts";
import { toLog } from "./logs.ts";
import { isFinitePoint, toMetric } from "./metrics.ts";
import { toSpan } from "./spans.ts";
import { millisecondsOf, timeProblem } from "./time.ts";

/** What can be sent: metrics as points. */
export type Sendable = InstanceOf<"point" | "logentry" | "edge" | "tracespan">;

/** What of a batch goes to one API. */
export interface ApiRequest {
  readonly api: Api;
  readonly indexes: readonly number[];
  readonly instances: readonly Sendable[];
  readonly body: string;
}

/** Something of a batch that New Relic would never keep, and why. */
export interface Refusal {
  readonly index: number;
  readonly reason: string;
}

interface Group {
  readonly api: Api;
  readonly indexes: number[];
  readonly instances: Sendable[];
  readonly entries: object[];
}

/** A batch as one request for each API that it concerns, and what is left out of them. */
export function toRequests(
  batch: readonly Sendable[],
  config: NewRelicConfig,
  nowMs: number,
  onCut: (instance: Sendable) => OnCut,
): { requests: readonly ApiRequest[]; refused: readonly Refusal[] } {
  const groups = apis.map((api): Group => ({ api, indexes: [], instances: [], entries: [] }));
  const refused: Refusal[] = [];
  const room = roomBeside(config.attributes);
  for (const [index, instance] of batch.entries()) {
    const reason = problemOf(instance, nowMs);
    if (reason !== undefined) {
      refused.push({ index, reason });
      continue;
    }
    const api = apiOf(instance, config);
    const group = groups.find((one) => one.api === api)!;
    group.indexes.push(index);
    group.instances.push(instance);
    group.entries.push(toEntry(instance, config, (fields) => toAttributes(fields, room[api], onCut(instance))));
  }
  const requests = groups
    .filter(({ entries }) => entries.length > 0)
    .map(({ entries, ...request }) => ({ ...request, body: JSON.stringify(wrap(request.api, entries, config)) }));
  return { requests, refused };
}

function problemOf(instance: Sendable, nowMs: number): string | undefined {
  switch (instance.template) {
    case "point":
      if (!isFinitePoint(instance)) return "not a finite number, which New Relic drops";
      return timeProblem(instance.timeMs, nowMs);
    case "tracespan":
      return undefined;
    default:
      return timeProblem(millisecondsOf(instance.time), nowMs);
  }
}

function apiOf({ template, instance }: Sendable, { events }: NewRelicConfig): Api {
  if (template === "point") return "metric";
  if (template === "tracespan") return "trace";
  return template === "edge" || Object.hasOwn(events, instance) ? "event" : "log";
}

function toEntry(instance: Sendable, { events, attributes }: NewRelicConfig, fitted: Fit): object {
  if (instance.template === "point") return toMetric(instance, fitted);
  if (instance.template === "tracespan") return toSpan(instance, fitted);
  const eventType = Object.hasOwn(events, instance.instance) ? events[instance.instance]! : undefined;
  if (instance.template === "logentry" && eventType === undefined) return toLog(instance, fitted);
  return toEvent(instance, eventType ?? edgeEventType, attributes, fitted);
}

const keys = { metric: "metrics", log: "logs", trace: "spans" } as const;

/** Events have no common block. */
function wrap(api: Api, entries: readonly object[], { attributes }: NewRelicConfig): object {
  return api === "event" ? entries : [{ common: { attributes }, [keys[api]]: entries }];
}
