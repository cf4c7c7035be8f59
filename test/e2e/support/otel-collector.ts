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

/** A running OpenTelemetry Collector that writes down what it takes. */
export interface OtelCollector {
  /** URLs of its OTLP receiver. */
  readonly grpc: string;
  readonly http: string;
  /** Every log record so far. */
  logs(): CollectedLog[];
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
  const output = join(folder.path, "out.jsonl");
  writeFileSync(config, stringify(settings(grpc, http, health, output)));
  let child = await startHealthy(config, health);
  return {
    grpc: `http://127.0.0.1:${grpc}`,
    http: `http://127.0.0.1:${http}`,
    logs: () => (existsSync(output) ? readLogs(readFileSync(output, "utf8")) : []),
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

function settings(grpc: number, http: number, health: number, output: string) {
  const at = (port: number) => ({ endpoint: `127.0.0.1:${port}` });
  return {
    receivers: { otlp: { protocols: { grpc: at(grpc), http: at(http) } } },
    exporters: { file: { path: output, flush_interval: "100ms", append: true } },
    extensions: { health_check: at(health) },
    service: {
      extensions: ["health_check"],
      telemetry: { metrics: { level: "none" } },
      pipelines: { logs: { receivers: ["otlp"], exporters: ["file"] } },
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

/** Whole lines only: the last may be half written. */
function readLogs(text: string): CollectedLog[] {
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
  const requests = lines.filter((line) => line !== "").map((line) => JSON.parse(line) as JsonLogs);
  return requests
    .flatMap(({ resourceLogs }) => resourceLogs)
    .flatMap(({ resource, scopeLogs }) =>
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

function named(attributes: readonly KeyValue[]): Record<string, JsonAnyValue> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value]));
}
