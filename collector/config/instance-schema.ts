import { z } from "zod";
import { perService, tail } from "./tail-schema.ts";

const expressionOrLiteral = z
  .union([z.string(), z.number(), z.boolean()])
  .describe("An expression over attributes, or a plain number or truth value.");

/** A setting of an instance that an expression fills. */
const filledBy = (describe: string) => expressionOrLiteral.optional().describe(describe);

const redact = z
  .boolean()
  .default(true)
  .describe("Put a mask in place of credentials, as the section redact says; false sends them out.");

const sample = (of: string) =>
  z
    .union([
      z.strictObject({ rate: z.number().min(0).max(1).describe(`The part of the ${of} that is kept.`) }),
      z.string(),
      z.boolean(),
    ])
    .optional();

const metricParams = z.strictObject({
  value: expressionOrLiteral.default(1).describe("What is measured; 1 counts."),
  dimensions: z
    .record(z.string(), expressionOrLiteral)
    .default({})
    .describe("Labels, each an expression. Absent ones become empty."),
});

const logEntryParams = z.strictObject({
  severity: z
    .string()
    .optional()
    .describe(
      "trace, debug, info, warn, error or fatal, or an expression that gives one. By default error for requests that failed, else info.",
    ),
  timestamp: filledBy("When it happened: response.time | request.time | context.time by default."),
  variables: z
    .record(z.string(), expressionOrLiteral)
    .optional()
    .describe("What the entry says, each an expression; absent ones are left out. By default those of accesslog."),
  sample: sample("entries").describe(
    "Which entries are kept: at a rate, or by an expression that gives true or false, or the rate. All by default. Proxies of one request keep it or drop it alike.",
  ),
  redact,
});

const edgePeer = z.strictObject({
  name: filledBy("The pod or instance."),
  namespace: filledBy("Its namespace."),
  workload: filledBy("Its workload."),
  service: filledBy("The service that it belongs to."),
  uid: filledBy("Its unique id."),
  owner: filledBy("What controls the workload."),
  cluster: filledBy("The cluster that it runs in."),
});

const edgeParams = z.strictObject({
  source: edgePeer
    .prefault({})
    .describe("Who called; each by an expression, by default of the attributes below source."),
  destination: edgePeer.prefault({}).describe("Who was called; the same of those below destination."),
  protocol: filledBy("context.protocol by default."),
  timestamp: filledBy("response.time | request.time | context.time by default."),
  redact,
});

const traceSpanParams = z.strictObject({
  name: filledBy("By default the method and the route's template, of gRPC the service and method."),
  kind: z
    .string()
    .optional()
    .describe(
      "internal, server, client, producer or consumer, or an expression that gives one. By default client for what the client's proxy reports, else server.",
    ),
  status: z
    .string()
    .optional()
    .describe("unset, ok or error, or an expression that gives one. By default as OpenTelemetry's conventions say."),
  service: filledBy(
    "The service that the span belongs to: by default the source of client spans, else the destination.",
  ),
  traceId: filledBy("trace.id by default; without one, or where trace.sampled is false, no span is made."),
  spanId: filledBy("By default a new id, the same whenever the same record comes again."),
  parentSpanId: filledBy("trace.span_id by default: the span is a child of what the proxy logged."),
  startTime: filledBy("request.time | context.time by default."),
  endTime: filledBy("response.time by default, else the start and response.duration."),
  attributes: z
    .record(z.string(), expressionOrLiteral)
    .optional()
    .describe("Attributes of the span, each an expression; absent ones are left out. By default those of accesslog."),
  redact,
});

const attributeNames = z.array(z.string().min(1)).default([]);

const spansParams = z.strictObject({
  sample: z
    .union([
      z.strictObject({
        rate: z.number().min(0).max(1).optional().describe("The part of the traces that is kept."),
        perService: perService("So many spans of each service (`100/1s`), on average"),
      }),
      z.string(),
      z.boolean(),
    ])
    .optional()
    .describe(
      "Which spans are kept: at a rate, so many of each service, or by an expression that gives true or false, or the rate. All by default. Spans of a trace are kept or left out alike at the same rate, also by other samplers that go by W3C's tracestate, which gets the rate.",
    ),
  tail: tail.optional(),
  set: z
    .record(z.string(), expressionOrLiteral)
    .default({})
    .describe(
      "Attributes that the span gets, each an expression; they take the place of those of the same name. Absent ones change nothing.",
    ),
  rename: z.record(z.string(), z.string().min(1)).default({}).describe("New names of attributes, by the old ones."),
  redact: attributeNames.describe("Attributes whose values become what redact.replacement says."),
  delete: attributeNames.describe("Attributes that the span loses."),
});

const listEntryParams = z.strictObject({
  value: expressionOrLiteral.describe("What is looked up in the list."),
});

const properties = (of: string) =>
  z.record(z.string().min(1), expressionOrLiteral).default({}).describe(`More about the ${of}, by name.`);

const authorizationParams = z.strictObject({
  subject: z
    .strictObject({
      user: filledBy("Who it is."),
      groups: filledBy("What groups it belongs to."),
      properties: properties("subject"),
    })
    .prefault({})
    .describe("Who wants to do it, each by an expression."),
  action: z
    .strictObject({
      namespace: filledBy("The namespace of the service."),
      service: filledBy("The service that is called."),
      method: filledBy("The method of the request."),
      path: filledBy("The path of the request."),
      properties: properties("action"),
    })
    .prefault({})
    .describe("What it wants to do, each by an expression."),
});

const templateOf = <Name extends string, Params extends z.ZodType>(name: Name, params: Params, what: string) =>
  z.strictObject({
    template: z.literal(name).describe(`What kind of thing is made: ${what}.`),
    params: params.describe("How it is made."),
  });

/** Settings of an instance, by its template. */
export const instance = z.discriminatedUnion("template", [
  templateOf("metric", metricParams.prefault({}), "a measurement"),
  templateOf("logentry", logEntryParams.prefault({}), "a line of a log"),
  templateOf("edge", edgeParams.prefault({}), "who called whom"),
  templateOf("tracespan", traceSpanParams.prefault({}), "a span of a trace"),
  templateOf("spans", spansParams.prefault({}), "the span itself, as it came"),
  templateOf("metrics", z.strictObject({}).prefault({}), "the metric that somebody else made, as it came"),
  templateOf("listentry", listEntryParams, "what a check looks up in a list"),
  templateOf("authorization", authorizationParams.prefault({}), "who wants to do what, for a check"),
]);
