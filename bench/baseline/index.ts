import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Counter, Histogram, Registry } from "prom-client";
import protobufjs from "protobufjs";
import { parse as parseYaml } from "yaml";
import type { Node } from "../../collector/expr/ast.ts";
import { parse } from "../../collector/expr/parse.ts";
import { type Attributes, interpret } from "./interpret.ts";
import { type Message, normalize } from "./normalize.ts";

interface Metric {
  record(attributes: Attributes): void;
}

interface Rule {
  readonly match: Node;
  readonly metrics: readonly Metric[];
}

interface DefaultFile {
  readonly handlers: { readonly prometheus: { readonly params: { readonly metrics: Record<string, MetricSettings> } } };
  readonly instances: Record<
    string,
    { readonly params: { readonly value: string | number; readonly dimensions: Record<string, string> } }
  >;
  readonly rules: readonly {
    readonly match: string;
    readonly actions: readonly { readonly instances: readonly string[] }[];
  }[];
}

interface MetricSettings {
  readonly name: string;
  readonly help: string;
  readonly kind?: string;
  readonly unit?: string;
  readonly buckets?: number[];
}

/** The plain way to the same metrics: protobufjs objects, attributes by name, interpreted rules, prom-client. Reads the same default.yaml. */
export function createBaseline(): { report(message: Uint8Array): number } {
  const type = loadType();
  const rules = readRules();
  let node: Message = {};
  return {
    report(bytes) {
      const message = type.decode(bytes) as unknown as Message;
      node = ((message.identifier as Message | null)?.node as Message | undefined) ?? node;
      const entries = (message.httpLogs as Message).logEntry as Message[];
      for (const entry of entries) {
        const attributes = normalize(entry, node);
        for (const { match, metrics } of rules) {
          if (interpret(match, attributes) === true) for (const metric of metrics) metric.record(attributes);
        }
      }
      return entries.length;
    },
  };
}

function loadType(): protobufjs.Type {
  const folder = fileURLToPath(new URL("../../schemas/proto/", import.meta.url));
  const root = new protobufjs.Root();
  root.resolvePath = (_origin, target) => (target.startsWith("google/protobuf/") ? target : `${folder}${target}`);
  root.loadSync("envoy/service/accesslog/v3/als.proto");
  return root.lookupType("envoy.service.accesslog.v3.StreamAccessLogsMessage");
}

function readRules(): Rule[] {
  const text = readFileSync(new URL("../../config/default.yaml", import.meta.url), "utf8");
  const file = parseYaml(text, { merge: true }) as DefaultFile;
  const registry = new Registry();
  const metrics = new Map(
    Object.entries(file.instances).map(([name, { params }]) => {
      const settings = file.handlers.prometheus.params.metrics[name] as MetricSettings;
      return [name, createMetric(settings, params, registry)] as const;
    }),
  );
  return file.rules.map(({ match, actions }) => ({
    match: parse(match),
    metrics: actions.flatMap(({ instances }) => instances.map((name) => metrics.get(name) as Metric)),
  }));
}

function createMetric(
  { name, help, kind, unit, buckets }: MetricSettings,
  { value, dimensions }: DefaultFile["instances"][string]["params"],
  registry: Registry,
): Metric {
  const labels = Object.entries(dimensions).map(([label, text]) => ({ label, node: parse(text) }));
  const options = { name, help, labelNames: labels.map(({ label }) => label), registers: [registry] };
  const histogram = kind === "histogram" ? new Histogram({ ...options, ...(buckets ? { buckets } : {}) }) : undefined;
  const counter = histogram ? undefined : new Counter(options);
  const measured = parse(String(value));
  const scale = unit === "milliseconds" ? 1e-6 : 1;
  return {
    record(attributes) {
      const values: Record<string, string> = {};
      for (const { label, node } of labels) values[label] = String(interpret(node, attributes) ?? "");
      const amount = Number(interpret(measured, attributes) ?? 0) * scale;
      if (histogram) histogram.observe(values, amount);
      else counter?.inc(values, amount);
    },
  };
}
