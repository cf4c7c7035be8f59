import { z } from "zod";
import { parseDuration } from "../../schemas/model/time-text.ts";
import { tlsSettings } from "../shared/tls-settings.ts";
import { topicName, topicPattern } from "./topic-names.ts";

const address = z
  .string()
  .regex(/^[^\s:/[\]]+:\d{1,5}$/, 'expected "host:port"; brokers at IPv6 addresses by a name')
  .refine((text) => portOf(text) >= 1 && portOf(text) <= 65_535, "expected a port from 1 to 65535");

const duration = z
  .string()
  .refine((text) => milliseconds(text) > 0 && milliseconds(text) <= 2 ** 31, "expected a duration such as 500ms or 5s")
  .transform(milliseconds);

const cloudEvents = z
  .strictObject({
    mode: z
      .enum(["binary", "structured"])
      .default("binary")
      .describe("Attributes as headers and the data as value, or the whole event as JSON in the value."),
    source: z.string().min(1).default("/mixdown").describe("The attribute source of every event, a URI reference."),
    type: z
      .string()
      .min(1)
      .optional()
      .describe("The attribute type of every event; mixdown.<template> (such as mixdown.logentry) by default."),
  })
  .prefault({})
  .describe("How CloudEvents are written, with format: cloudevents.");

const sasl = z
  .strictObject({
    mechanism: z.enum(["plain", "scram-sha-256", "scram-sha-512"]).describe("How the user is proven."),
    username: z.string().min(1).describe("Name of the user."),
    password: z.string().min(1).describe("Password of the user.").meta({ secret: true }),
  })
  .describe("User and password by SASL.");

/** Settings of the Kafka adapter. */
export const config = z.strictObject({
  brokers: z.array(address).min(1).describe('Brokers to ask for the cluster first, each as "host:port".'),
  clientId: z.string().min(1).default("mixdown").describe("What the brokers call the hub in logs and quotas."),
  topic: topicName
    .optional()
    .describe("Topic of all records, and of those whose topicExpression gives none that is allowed. It must exist."),
  topicExpression: z
    .string()
    .optional()
    .describe("Expression for the topic of a record, within allowedTopics.")
    .meta({ expression: true }),
  allowedTopics: z
    .array(topicPattern)
    .default([])
    .describe("Topics that topicExpression may give; a * stands for any number of characters."),
  key: z
    .string()
    .optional()
    .describe("Expression for the key of a record: what has the same key stays in order. Without it, none has a key.")
    .meta({ expression: true }),
  format: z
    .enum(["json", "otlp", "cloudevents"])
    .default("json")
    .describe("What stands in a record: a JSON object, an OTLP protobuf message, or a CloudEvent with JSON data."),
  cloudEvents,
  serviceName: z
    .string()
    .optional()
    .describe(
      "Expression for service.name of the resource of log records, with format: otlp; such as destination.service.name.",
    )
    .meta({ expression: true }),
  resource: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .default({})
    .describe("Attributes of every resource, with format: otlp."),
  compression: z
    .enum(["none", "gzip", "snappy", "lz4", "zstd"])
    .default("none")
    .describe("How the records of a partition are packed."),
  acks: z
    .enum(["all", "leader", "none"])
    .default("all")
    .describe("Who must have stored records: all in-sync replicas, the leader, or nobody (losses are not seen)."),
  idempotent: z
    .boolean()
    .optional()
    .describe("Have brokers drop what attempts repeat; by default with acks: all, which it needs."),
  ackTimeout: duration.prefault("5s").describe("How long a leader may wait for its replicas."),
  maxMessageBytes: z
    .int()
    .min(1000)
    .max(100_000_000)
    .default(1_000_000)
    .describe(
      "Most bytes of the records sent to a partition at once, before compression: no more than the brokers take.",
    ),
  sasl: sasl.optional(),
  tls: z
    .union([z.boolean(), tlsSettings])
    .default(false)
    .describe("TLS towards the brokers: true, or files and names."),
});

/** Checked settings with the defaults filled in; times in milliseconds. */
export type KafkaConfig = z.output<typeof config>;

function milliseconds(text: string): number {
  return Number(parseDuration(text) ?? Number.NaN) / 1e6;
}

function portOf(text: string): number {
  return Number(text.slice(text.lastIndexOf(":") + 1));
}
