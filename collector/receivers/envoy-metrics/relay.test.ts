import { create, toBinary } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { StreamMetricsMessageSchema } from "../../../schemas/gen/envoy/service/metrics/v3/metrics_service_pb.js";
import type { MetricBatch } from "../../../schemas/model/metric.ts";
import { createMetricDecoder } from "../../decode/otlp-metrics.ts";
import { createProxyTable } from "../proxies.ts";
import type { Intake } from "../receiver.ts";
import { createStatisticsTable } from "../statistics-table.ts";
import { StatisticsRelay } from "./relay.ts";
import { openStream } from "./stream.ts";

const identifier = { node: { id: "sidecar~1", cluster: "shop" } };

/** A stream before an intake that takes metrics when it is let. */
function open(takes: () => boolean = () => true) {
  const counts: string[] = [];
  const seen: string[] = [];
  const waiting: (() => void)[] = [];
  const reportMetrics = (batch: MetricBatch) =>
    new Promise<{ accepted: number; malformed: number }>((resolve) => {
      waiting.push(() => {
        for (let metric = batch.next(); metric !== undefined; metric = batch.next())
          seen.push(`${metric.resource.attributes.get("service.name")} ${metric.name} ${metric.kind} ${metric.points}`);
        resolve({ accepted: 0, malformed: batch.malformed });
      });
    });
  const events = {
    ...{ streamOpened() {}, streamClosed() {}, message() {} },
    points: (source: string, accepted: number, rejected: number) =>
      void counts.push(`${source} ${accepted} taken, ${rejected} not`),
    decodeError: (source: string, reason: string) => void counts.push(`${source} ${reason}`),
  };
  const intake = { takesMetrics: takes, reportMetrics } as Partial<Intake> as Intake;
  const host = { intake, events, proxies: createProxyTable(() => 0), now: () => 5000 };
  const table = createStatisticsTable({ now: () => 1000, entriesOf: () => 0, maxRows: 1 });
  const relay = new StatisticsRelay("metrics", host, createMetricDecoder(host));
  return { stream: openStream("metrics", events, table, relay), counts, seen, waiting };
}

const message = (parts: Parameters<typeof create<typeof StreamMetricsMessageSchema>>[1]): Uint8Array =>
  toBinary(StreamMetricsMessageSchema, create(StreamMetricsMessageSchema, parts));

const counter = (name: string, value: number) => ({ name, metric: [{ counter: { value } }] });

it("holds the stream up until the intake has taken what a message says", async () => {
  const { stream, counts, seen, waiting } = open();
  let isTaken = false;
  const pending = Promise.resolve(
    stream.message(message({ identifier, envoyMetrics: [counter("a", 1), counter("", 2), counter("a", 3)] })),
  ).then(() => {
    isTaken = true;
  });
  await new Promise(setImmediate);
  expect([isTaken, waiting.length]).toEqual([false, 1]);
  waiting[0]!();
  await pending;
  expect(seen).toEqual(["shop a sum 2"]);
  expect(counts).toEqual(["metrics 2 taken, 1 not", "metrics metric_name"]);
});

it("passes nothing on of a proxy that has not said who it is, or that no rule takes", async () => {
  const anonymous = open();
  await anonymous.stream.message(message({ envoyMetrics: [counter("a", 1)] }));
  expect([anonymous.waiting, anonymous.counts]).toEqual([[], ["metrics identifier_missing"]]);
  const unwanted = open(() => false);
  await unwanted.stream.message(message({ identifier, envoyMetrics: [counter("a", 1)] }));
  expect([unwanted.waiting, unwanted.counts]).toEqual([[], []]);
});
