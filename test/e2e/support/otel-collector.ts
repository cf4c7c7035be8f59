import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { requirePeer } from "../../support/peers.ts";
import { type Child, startChild } from "./child.ts";
import { temporaryFolder } from "./folder.ts";
import { freePort } from "./prometheus.ts";
import { waitUntil } from "./wait.ts";

/** A value as OTLP's JSON has it: `{ "stringValue": "a" }`, `{ "intValue": "1" }`. */
export type JsonAnyValue = Readonly<Record<string, unknown>>;

/** A log record that the collector took. */
export interface CollectedLog {
  readonly resource: Readonly<Record<string, JsonAnyValue>>;
  readonly scope: string;
  readonly record: Readonly<Record<string, unknown>>;
  readonly attributes: Readonly<Record<string, JsonAnyValue>>;
}

/** A data point that the collector took. */
export interface CollectedPoint {
  readonly resource: Readonly<Record<string, JsonAnyValue>>;
  readonly metric: string;
  readonly unit: string | undefined;
  /** Of sums and histograms: 1 is delta, 2 cumulative. */
  readonly temporality: number | undefined;
  readonly isMonotonic: boolean | undefined;
  /** `asDouble`, `count`, `bucketCounts`, `flags`, ... */
  readonly point: Readonly<Record<string, unknown>>;
  readonly attributes: Readonly<Record<string, JsonAnyValue>>;
}

/** A span that the collector took. */
export interface CollectedSpan {
  readonly resource: Readonly<Record<string, JsonAnyValue>>;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty of a root. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: number;
  readonly status?: { readonly code?: number; readonly message?: string };
  readonly traceState?: string;
  readonly attributes: Readonly<Record<string, JsonAnyValue>>;
  readonly droppedAttributesCount?: number;
  readonly events?: readonly CollectedItem[];
  readonly droppedEventsCount?: number;
  readonly links?: readonly CollectedItem[];
  readonly droppedLinksCount?: number;
}

/** An event or a link of a span, as OTLP's JSON has it. */
export interface CollectedItem {
  readonly name?: string;
  readonly traceId?: string;
  readonly spanId?: string;
  readonly attributes?: readonly { readonly key: string; readonly value: JsonAnyValue }[];
  readonly droppedAttributesCount?: number;
}

/** A running OpenTelemetry Collector that writes down what it takes. */
export interface OtelCollector {
  /** URLs of its OTLP receiver. */
  readonly grpc: string;
  readonly http: string;
  /** Every log record so far. */
  logs(): CollectedLog[];
  spans(): CollectedSpan[];
  /** Every data point so far, in order. */
  points(): CollectedPoint[];
  /** Goes away for a while: nothing listens until `resume`. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  stop(): Promise<number | string>;
}

/** Starts a collector on free ports of loopback and waits until it is healthy. */
export async function startOtelCollector(): Promise<OtelCollector> {
  const folder = temporaryFolder("otelcol");
  const [grpc, http, health] = [await freePort(), await freePort(), await freePort()];
  const config = join(folder.path, "config.yaml");
  const [logs, metrics, traces] = ["logs", "metrics", "traces"].map((signal) =>
    join(folder.path, `${signal}.jsonl`),
  ) as [string, string, string];
  writeFileSync(config, stringify(settings(grpc, http, health, { logs, metrics, traces })));
  let child = await startHealthy(config, health);
  return {
    grpc: `http://127.0.0.1:${grpc}`,
    http: `http://127.0.0.1:${http}`,
    logs: () => requestsOf<JsonLogs>(logs).flatMap(readLogs),
    spans: () => requestsOf<JsonTraces>(traces).flatMap(readSpans),
    points: () => requestsOf<JsonMetrics>(metrics).flatMap(readPoints),
    async pause() {
      await child.stop();
    },
    async resume() {
      child = await startHealthy(config, health);
    },
    async stop() {
      const status = await child.stop();
      folder.remove();
      return status;
    },
  };
}

async function startHealthy(config: string, health: number): Promise<Child> {
  const child = startChild(requirePeer("otelcol"), ["--config", config]);
  await waitUntil("the collector to be healthy", async () => {
    if (child.status() !== undefined) throw new Error(`The collector ended (${child.status()}):\n${child.stderr()}`);
    return (await fetch(`http://127.0.0.1:${health}/`).catch(() => undefined))?.ok ?? false;
  });
  return child;
}

function settings(grpc: number, http: number, health: number, outputs: Record<string, string>) {
  const to = (path: string) => ({ path, flush_interval: "100ms", append: true });
  const at = (port: number) => ({ endpoint: `127.0.0.1:${port}` });
  return {
    receivers: { otlp: { protocols: { grpc: at(grpc), http: at(http) } } },
    exporters: Object.fromEntries(Object.entries(outputs).map(([signal, path]) => [`file/${signal}`, to(path)])),
    extensions: { health_check: at(health) },
    service: {
      extensions: ["health_check"],
      telemetry: { metrics: { level: "none" } },
      pipelines: Object.fromEntries(
        Object.keys(outputs).map((signal) => [signal, { receivers: ["otlp"], exporters: [`file/${signal}`] }]),
      ),
    },
  };
}

interface KeyValue {
  readonly key: string;
  readonly value: JsonAnyValue;
}

interface JsonLogs {
  readonly resourceLogs: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] };
    readonly scopeLogs: readonly {
      readonly scope: { readonly name: string };
      readonly logRecords: readonly { readonly attributes?: readonly KeyValue[] }[];
    }[];
  }[];
}

interface JsonTraces {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes?: readonly KeyValue[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<CollectedSpan, "resource" | "attributes" | "parentSpanId"> & {
        readonly parentSpanId?: string;
        readonly attributes?: readonly KeyValue[];
      })[];
    }[];
  }[];
}

interface JsonMetrics {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] };
    readonly scopeMetrics: readonly { readonly metrics: readonly JsonMetric[] }[];
  }[];
}

interface JsonMetric {
  readonly name: string;
  readonly unit?: string;
  readonly sum?: JsonPoints;
  readonly gauge?: JsonPoints;
  readonly histogram?: JsonPoints;
}

interface JsonPoints {
  readonly aggregationTemporality?: number;
  readonly isMonotonic?: boolean;
  readonly dataPoints: readonly { readonly attributes?: readonly KeyValue[] }[];
}

/** Whole lines only: the last may be half written. */
function requestsOf<Request>(file: string): Request[] {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, "utf8");
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Request);
}

function readLogs({ resourceLogs }: JsonLogs): CollectedLog[] {
  return resourceLogs.flatMap(({ resource, scopeLogs }) =>
    scopeLogs.flatMap(({ scope, logRecords }) =>
      logRecords.map((record) => ({
        resource: named(resource.attributes),
        scope: scope.name,
        record,
        attributes: named(record.attributes ?? []),
      })),
    ),
  );
}

function readSpans({ resourceSpans }: JsonTraces): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map(({ attributes = [], parentSpanId = "", ...span }) => ({
        ...span,
        parentSpanId,
        resource: named(resource.attributes ?? []),
        attributes: named(attributes),
      })),
    ),
  );
}

function readPoints({ resourceMetrics }: JsonMetrics): CollectedPoint[] {
  return resourceMetrics.flatMap(({ resource, scopeMetrics }) =>
    scopeMetrics.flatMap(({ metrics }) =>
      metrics.flatMap(({ name, unit, sum, gauge, histogram }) => {
        const { aggregationTemporality, isMonotonic, dataPoints } = sum ?? gauge ?? histogram!;
        return dataPoints.map((point) => ({
          resource: named(resource.attributes),
          metric: name,
          unit,
          temporality: aggregationTemporality,
          isMonotonic,
          point: point as Record<string, unknown>,
          attributes: named(point.attributes ?? []),
        }));
      }),
    ),
  );
}

function named(attributes: readonly KeyValue[]): Record<string, JsonAnyValue> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value]));
}
