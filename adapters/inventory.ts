import type { Adapter } from "./adapter.ts";
import { apikey } from "./apikey/index.ts";
import { file } from "./file/index.ts";
import { http } from "./http/index.ts";
import { jwt } from "./jwt/index.ts";
import { kafka } from "./kafka/index.ts";
import { list } from "./list/index.ts";
import { loki } from "./loki/index.ts";
import { newrelic } from "./newrelic/index.ts";
import { opa } from "./opa/index.ts";
import { otlp } from "./otlp/index.ts";
import { otlpLogs } from "./otlp-logs/index.ts";
import { otlpMetrics } from "./otlp-metrics/index.ts";
import { prometheus } from "./prometheus/index.ts";
import { prometheusRemoteWrite } from "./prometheus-remote-write/index.ts";
import { ratelimit } from "./ratelimit/index.ts";
import { rbac } from "./rbac/index.ts";
import { redis } from "./redis/index.ts";
import { statsd } from "./statsd/index.ts";
import { stdio } from "./stdio/index.ts";
import { zipkin } from "./zipkin/index.ts";

/** The built-in adapters. */
export const inventory: readonly Adapter[] = [
  prometheus,
  prometheusRemoteWrite,
  statsd,
  http,
  newrelic,
  kafka,
  loki,
  otlp,
  otlpLogs,
  otlpMetrics,
  zipkin,
  file,
  stdio,
  list,
  jwt,
  apikey,
  ratelimit,
  redis,
  opa,
  rbac,
];
