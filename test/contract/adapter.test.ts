import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import { status } from "@grpc/grpc-js";
import { afterAll } from "vitest";
import { z } from "zod";
import { type Delivery, defineAdapter } from "../../adapters/adapter.ts";
import { file } from "../../adapters/file/index.ts";
import { http } from "../../adapters/http/index.ts";
import { fakeCluster } from "../../adapters/kafka/fake-cluster.fixture.ts";
import { createKafka } from "../../adapters/kafka/index.ts";
import { loki } from "../../adapters/loki/index.ts";
import { newrelic } from "../../adapters/newrelic/index.ts";
import { otlp } from "../../adapters/otlp/index.ts";
import { otlpLogs } from "../../adapters/otlp-logs/index.ts";
import { otlpMetrics } from "../../adapters/otlp-metrics/index.ts";
import { prometheus } from "../../adapters/prometheus/index.ts";
import { prometheusRemoteWrite } from "../../adapters/prometheus-remote-write/index.ts";
import { statsd } from "../../adapters/statsd/index.ts";
import { stdio } from "../../adapters/stdio/index.ts";
import { aLogEntry, aPoint } from "../../adapters/testing/instances.ts";
import { aMetric, aTuple, declareMetric } from "../../adapters/testing/metric-instance.ts";
import { zipkin } from "../../adapters/zipkin/index.ts";
import { LogsDataSchema } from "../../schemas/gen/opentelemetry/proto/logs/v1/logs_pb.js";
import { startOtlpBackend } from "../support/otlp-backend.ts";
import { aRequest, aSpan } from "../support/otlp-span.ts";
import { adapterBattery } from "./adapter-battery.ts";

const instances = [declareMetric("requests", ["path"])];
const instance = (i: number) => aMetric("requests", { labels: aTuple({ path: `/${i}` }) });

adapterBattery(prometheus, {
  params: { metrics: { requests: { name: "http_requests_total" } }, address: "127.0.0.1:0" },
  instances,
  instance,
  readme: readFileSync(new URL("../../adapters/prometheus/README.md", import.meta.url), "utf8"),
});

adapterBattery(http, {
  params: { url: "http://backend.test/" },
  instances: [{ name: "access", template: "logentry", variables: { path: "STRING" } }],
  instance: (i) => aLogEntry("access", { variables: { path: `/${i}` } }),
  readme: readFileSync(new URL("../../adapters/http/README.md", import.meta.url), "utf8"),
});

adapterBattery(newrelic, {
  params: { licenseKey: "key", region: "eu" },
  instances: [...instances, { name: "access", template: "logentry", variables: { path: "STRING" } }],
  instance: (i) => aLogEntry("access", { variables: { path: `/${i}` } }),
  readme: readFileSync(new URL("../../adapters/newrelic/README.md", import.meta.url), "utf8"),
});

adapterBattery(loki, {
  params: { url: "http://loki.test:3100" },
  instances: [{ name: "access", template: "logentry", variables: { path: "STRING" } }],
  instance: (i) => aLogEntry("access", { variables: { path: `/${i}` } }),
  readme: readFileSync(new URL("../../adapters/loki/README.md", import.meta.url), "utf8"),
});

adapterBattery(otlpLogs, {
  params: { endpoint: "http://backend.test/", protocol: "http" },
  instances: [{ name: "access", template: "logentry", variables: { path: "STRING" } }],
  instance: (i) => aLogEntry("access", { variables: { path: `/${i}` } }),
  readme: readFileSync(new URL("../../adapters/otlp-logs/README.md", import.meta.url), "utf8"),
  exceptions: { "asks for a retry on 500": "OTLP takes 500 for a fault of the data, which is the same the next time" },
});

const grpcBackend = await startOtlpBackend();
/** How it behaves, in terms of gRPC; what cannot be reached is UNAVAILABLE, too, as tests beside the client show. */
const answers = {
  well: new Uint8Array(0),
  busy: { code: status.UNAVAILABLE, details: "busy" },
  down: { code: status.UNAVAILABLE, details: "down" },
  silent: "silent",
  refusing: { code: status.INVALID_ARGUMENT, details: "no" },
} as const;

adapterBattery(otlpLogs, {
  params: { endpoint: `http://${grpcBackend.address}` },
  instances: [{ name: "access", template: "logentry", variables: { path: "STRING" } }],
  instance: (i) => aLogEntry("access", { variables: { path: `/${i}` } }),
  backend: {
    behave(as) {
      grpcBackend.answer = answers[as];
    },
    taken: () =>
      grpcBackend.received
        .filter(({ answer }) => answer instanceof Uint8Array)
        .flatMap(({ body }) => fromBinary(LogsDataSchema, body).resourceLogs)
        .flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords)).length,
  },
});

adapterBattery(otlp, {
  params: { endpoint: "http://backend.test/", protocol: "http" },
  instances: [{ name: "spans", template: "spans" }],
  instance: (i) => ({ template: "spans", instance: "spans", bytes: aRequest([aSpan(i + 1)]), spans: 1 }),
  readme: readFileSync(new URL("../../adapters/otlp/README.md", import.meta.url), "utf8"),
  exceptions: { "asks for a retry on 500": "OTLP takes 500 for a fault of the data, which is the same the next time" },
});

adapterBattery(zipkin, {
  params: { endpoint: "http://backend.test/" },
  instances: [{ name: "spans", template: "spans" }],
  instance: (i) => ({ template: "spans", instance: "spans", bytes: aRequest([aSpan(i + 1)]), spans: 1 }),
  readme: readFileSync(new URL("../../adapters/zipkin/README.md", import.meta.url), "utf8"),
});

const points = { instances, instance: (i: number) => aPoint("requests", { labels: { path: `/${i}` } }) } as const;

adapterBattery(otlpMetrics, {
  ...points,
  params: { endpoint: "http://backend.test/", protocol: "http" },
  readme: readFileSync(new URL("../../adapters/otlp-metrics/README.md", import.meta.url), "utf8"),
  exceptions: { "asks for a retry on 500": "OTLP takes 500 for a fault of the data, which is the same the next time" },
});

adapterBattery(prometheusRemoteWrite, {
  ...points,
  params: { url: "http://prometheus.test/api/v1/write" },
  readme: readFileSync(new URL("../../adapters/prometheus-remote-write/README.md", import.meta.url), "utf8"),
});

adapterBattery(statsd, {
  instances,
  instance,
  params: { address: "127.0.0.1:8125" },
  readme: readFileSync(new URL("../../adapters/statsd/README.md", import.meta.url), "utf8"),
  withoutHttp: "sends datagrams",
});

const logged = {
  instances: [{ name: "access", template: "logentry", variables: { path: "STRING" } }],
  instance: (i: number) => aLogEntry("access", { variables: { path: `/${i}` } }),
} as const;

adapterBattery(stdio, {
  ...logged,
  params: { stream: "stderr" },
  readme: readFileSync(new URL("../../adapters/stdio/README.md", import.meta.url), "utf8"),
  withoutHttp: "writes to a stream of the process",
});

const folder = mkdtempSync(join(tmpdir(), "adapter-battery-"));
afterAll(() => rmSync(folder, { recursive: true }));
adapterBattery(file, {
  ...logged,
  params: { path: join(folder, "access.log") },
  readme: readFileSync(new URL("../../adapters/file/README.md", import.meta.url), "utf8"),
  withoutHttp: "writes to a file",
});

const brokers = fakeCluster();
brokers.addTopic("audit", 3);

adapterBattery(
  createKafka(async () => () => brokers.connect),
  {
    params: { brokers: ["broker-1:9092"], topic: "audit" },
    instances: [{ name: "access", template: "logentry", variables: { path: "STRING" } }],
    instance: (i) => aLogEntry("access", { variables: { path: `/${i}` }, computed: { key: `k${i}` } }),
    readme: readFileSync(new URL("../../adapters/kafka/README.md", import.meta.url), "utf8"),
    backend: {
      behave(as) {
        brokers.down = as === "down" ? new Error("connect ECONNREFUSED") : undefined;
        brokers.silent = as === "silent";
        brokers.faultFor = () => ({ busy: 19, refusing: 44 })[as as string];
      },
      taken: () => brokers.stored("audit").length,
    },
  },
);

/** The smallest outlet there is: shows that the battery's other half can be passed. */
const poster = defineAdapter({
  type: "poster",
  summary: "Posts each batch as JSON.",
  accepts: ["metric"],
  config: z.strictObject({ endpoint: z.url().describe("Where to post to.") }),
  async open({ endpoint }, host) {
    return {
      async deliver(batch, signal): Promise<Delivery> {
        try {
          const response = await host.fetch(endpoint, { method: "POST", body: JSON.stringify(batch), signal });
          const reason = `the backend answered ${response.status}`;
          if (response.ok) return { status: "delivered" };
          if (response.status < 500 && response.status !== 429) return { status: "rejected", reason };
          const after = response.headers.get("retry-after");
          return { status: "retry", reason, ...(after === null ? {} : { afterMs: Number(after) * 1000 }) };
        } catch (error) {
          return { status: "retry", reason: String(error) };
        }
      },
      async close() {},
    };
  },
});

adapterBattery(poster, {
  params: { endpoint: "http://backend.test/" },
  instances,
  instance,
  readme: "```yaml\nhandlers: { a: { adapter: poster, params: { endpoint: 'http://backend.test/' } } }\n```",
});
