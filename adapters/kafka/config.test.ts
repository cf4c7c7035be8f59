import { describe, expect, it } from "vitest";
import { declareMetric } from "../testing/metric-instance.ts";
import { config } from "./config.ts";
import { validate } from "./validate.ts";

const works = { brokers: ["kafka:9092"], topic: "audit" };

describe("settings", () => {
  it("need brokers only, beside a topic", () => {
    expect(config.parse(works)).toMatchObject({
      format: "json",
      acks: "all",
      compression: "none",
      ackTimeout: 5000,
      maxMessageBytes: 1_000_000,
      cloudEvents: { mode: "binary", source: "/mixdown" },
      tls: false,
    });
  });

  it.each([
    ["a broker without a port", { brokers: ["kafka"] }],
    ["a port that there is not", { brokers: ["kafka:70000"] }],
    ["an IPv6 address", { brokers: ["[::1]:9092"] }],
    ["a URL", { brokers: ["kafka://kafka:9092"] }],
    ["no brokers", { brokers: [] }],
    ["a topic with a slash", { topic: "a/b" }],
    ["a topic of dots", { topic: ".." }],
    ["a topic that is too long", { topic: "a".repeat(250) }],
    ["an ackTimeout of nothing", { ackTimeout: "0s" }],
    ["an unknown mechanism", { sasl: { mechanism: "gssapi", username: "a", password: "b" } }],
    ["a certificate without its key", { tls: { cert: "a.pem" } }],
  ])("refuse %s", (_, settings) => {
    expect(config.safeParse({ ...works, ...settings }).success).toBe(false);
  });
});

describe("together", () => {
  const problemsOf = (settings: object, ...instances: Parameters<typeof validate>[1]) =>
    validate(config.parse({ ...works, ...settings }), instances).map(({ path, message }) => [path.join("."), message]);

  it("they are fine", () => {
    expect(problemsOf({})).toEqual([]);
    expect(problemsOf({ topicExpression: "a", allowedTopics: ["b"], idempotent: true })).toEqual([]);
    expect(problemsOf({ acks: "none", idempotent: false })).toEqual([]);
    expect(problemsOf({ format: "otlp" }, { name: "access", template: "logentry", variables: {} })).toEqual([]);
  });

  it.each<[string, object, string]>([
    ["topic", { topic: undefined }, "expected topic, or topicExpression with allowedTopics"],
    ["allowedTopics", { topicExpression: "a" }, "topicExpression needs allowedTopics"],
    ["allowedTopics", { allowedTopics: ["a"] }, "only with topicExpression"],
    ["idempotent", { idempotent: true, acks: "leader" }, "idempotent needs acks: all, not leader"],
    ["format", { format: "otlp" }, "requests is a metric"],
  ])("%s of %j is a problem", (path, settings, message) => {
    expect(problemsOf(settings, declareMetric("requests"))).toEqual([[path, expect.stringContaining(message)]]);
  });
});
