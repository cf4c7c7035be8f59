import { z } from "zod";
import { virtualKinds } from "../../stats/dimensions.ts";
import {
  type EdgesAnswer,
  healthStates,
  measureNames,
  type ServicesAnswer,
  statNames,
  type TimeseriesAnswer,
  type ValuesAnswer,
} from "../../stats/query/query.ts";

const count = z.int().nonnegative();
const amount = z.number().nonnegative();
const ratio = z.number().min(0).max(1);
const time = z.string().describe("RFC 3339.");
const label = z.union([z.string(), z.number(), z.boolean()]);

/** What an answer covers. */
export const interval = z
  .strictObject({
    from: time,
    to: time,
    seconds: amount.describe("What rates are divided by."),
    resolution: z.string().describe("Width of the finest buckets at the start of the range."),
    completeUntil: time.describe("Up to here everything that came in time is in the answer."),
  })
  .meta({ id: "Interval", description: "What an answer covers." });

const health = z
  .strictObject({
    status: z.enum(healthStates),
    reason: z.string().nullable().describe("Which rule was broken."),
    ratio: amount.nullable().describe("What the rule measured: a share, or milliseconds."),
    limit: amount.nullable().describe("What it broke."),
    requests: count.describe("Requests (TCP: closed connections) looked at."),
    few: z.boolean().describe("Too few to tell."),
  })
  .meta({ id: "Health", description: "How a service, node or edge did in the last five minutes, or in the range." });

const response = z
  .strictObject({
    code: z.int().nullable().describe("HTTP status; null where there was no response."),
    grpc: z.union([z.int(), z.string()]).nullable().describe("gRPC status."),
    flags: z.string().nullable().describe("Response flags of the proxy."),
    requests: count,
    connections: count.optional().describe("Closed TCP connections that ended so."),
  })
  .meta({ id: "ResponseCount", description: "How many requests ended in one way." });

const milliseconds = amount.nullable();

const measures = {
  requests: count,
  errors: count,
  rate: amount.describe("Requests a second."),
  errorRatio: ratio.nullable(),
  bytesIn: amount,
  bytesOut: amount,
  durationMs: z
    .strictObject({
      p50: milliseconds,
      p90: milliseconds,
      p95: milliseconds,
      p99: milliseconds,
      mean: milliseconds,
      max: milliseconds,
    })
    .describe("Milliseconds; quantiles within 1 %."),
  classes: z.record(z.string(), count).describe("Requests by class of the HTTP status; none: no response."),
  responses: z.array(response),
  connections: z.strictObject({ opened: count, closed: count }),
  mtlsRatio: ratio.nullable().describe("Share with mutual TLS, as servers saw it."),
  seenBy: z.array(z.enum(["inbound", "outbound"])).describe("Which sides reported."),
  firstSeen: time.nullable(),
  lastSeen: time.nullable(),
  health,
};

const service = z
  .strictObject({ name: z.string(), namespace: z.string().nullable(), ...measures })
  .meta({ id: "Service", description: "What was sent to one service." });

const node = z
  .strictObject({
    id: z.string().describe("What `focus`, and edges, call it."),
    name: z.string(),
    namespace: z.string().nullable(),
    version: z.string().nullable().optional().describe("At level version."),
    virtual: z.enum(virtualKinds).optional().describe("What it is, where it has no spans and no proxy of its own."),
    ...measures,
  })
  .meta({ id: "Node", description: "A node of the graph; its numbers are those of the traffic into it." });

const exemplar = z
  .strictObject({ traceId: z.string(), at: time, durationMs: milliseconds, code: z.int().nullable() })
  .meta({ id: "Exemplar", description: "An example request." });

const edge = z
  .strictObject({
    source: z.string().describe("Id of a node."),
    destination: z.string().describe("Id of a node."),
    protocol: z.string().nullable(),
    ...measures,
    exemplars: z.array(exemplar),
  })
  .meta({ id: "Edge", description: "What one node sent to another." });

const services = {
  interval,
  services: z.array(service),
  truncated: z.boolean(),
  hidden: z.strictObject({ services: count, requests: count }).describe("What is beyond the limit."),
};

/** The answer of /api/v1/stats/services. */
export const servicesAnswer: z.ZodType<ServicesAnswer> = z.strictObject({
  ...services,
  previous: z.strictObject(services).optional().describe("The same, earlier by `compare`."),
});

const edges = {
  interval,
  nodes: z.array(node),
  edges: z.array(edge),
  truncated: z.boolean(),
  hidden: z.strictObject({ edges: count, requests: count }).describe("What is beyond the limit."),
};

/** The answer of /api/v1/stats/edges. */
export const edgesAnswer: z.ZodType<EdgesAnswer> = z.strictObject({
  ...edges,
  previous: z.strictObject(edges).optional().describe("The same, earlier by `compare`."),
});

const series = z
  .strictObject({
    measure: z.enum(measureNames),
    stat: z
      .enum([...statNames, "opened", "closed"])
      .optional()
      .describe("Of durations and connections."),
    labels: z.record(z.string(), label.nullable()).describe("Values of the attributes in `by`."),
    other: z.literal(true).optional().describe("The sum of the groups beyond the limit."),
    values: z.array(z.number().nullable()).describe("One for each of `times`."),
  })
  .meta({ id: "Series", description: "One line of a chart." });

/** The answer of /api/v1/stats/timeseries. */
export const timeseriesAnswer: z.ZodType<TimeseriesAnswer> = z.strictObject({
  interval,
  times: z.array(z.number()).describe("Starts of the steps, in seconds since the epoch."),
  series: z.array(series),
  previous: z.array(series).optional().describe("The same groups, earlier by `compare`."),
});

/** The answer of /api/v1/stats/values. */
export const valuesAnswer: z.ZodType<ValuesAnswer> = z.strictObject({
  interval,
  attribute: z.string(),
  values: z.array(z.strictObject({ value: label, requests: count })),
  truncated: z.boolean(),
});
