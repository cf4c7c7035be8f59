import type { SpansInstance, TraceSpanInstance } from "../../schemas/model/instance.ts";
import { type ConfigProblem, type Delivery, defineAdapter } from "../adapter.ts";
import { openOtlpClient } from "../shared/otlp/client.ts";
import { createSpanEncoder } from "../shared/otlp/encode-spans.ts";
import { otlpLimits, otlpProblems } from "../shared/otlp/settings.ts";
import { config, endpointsOf, type OtlpConfig, toOtlpSettings } from "./config.ts";
import { concat, createEndpoints } from "./endpoints.ts";

type Sent = SpansInstance | TraceSpanInstance;

/** Sends spans over OTLP: those that proxies and programs sent, as they came, and those that rules make. */
export const otlp = defineAdapter<Sent["template"], typeof config>({
  type: "otlp",
  summary: "Spans over OTLP, gRPC or HTTP: relayed as they came, or made by rules.",
  accepts: ["spans", "tracespan"],
  config,
  limits: (settings) => otlpLimits(toOtlpSettings(settings, "")),
  endpoints: endpointsOf,
  validate: problemsOf,
  async open(settings, host) {
    const endpoints = endpointsOf(settings);
    const clients = await Promise.all(
      endpoints.map((endpoint) => openOtlpClient(toOtlpSettings(settings, endpoint), host)),
    );
    const encoder = createSpanEncoder({ instances: host.instances, resource: settings.resource });
    const bytesOf = (sent: Sent) => (sent.template === "spans" ? sent.bytes : encoder.encode([sent]));
    const send = (number: number, body: Uint8Array<ArrayBuffer>, items: number, abort: AbortSignal) =>
      clients[number]!.export({ telemetry: "traces", body, items, abort });
    const { now, log } = host;
    const several = createEndpoints({ endpoints, now, log, send });
    return {
      async deliver(batch, abort) {
        const items = batch.map(bytesOf);
        if (endpoints.length > 1) return several.deliver(items, abort);
        const sizes = batch.map(spansIn);
        const total = sizes.reduce((sum, size) => sum + size, 0);
        return toItems(await send(0, concat(items), total, abort), sizes);
      },
      sizeOf: (sent) => (sent.template === "spans" ? sent.bytes.length : encoder.sizeOf(sent)),
      async close() {
        for (const client of clients) client.close();
      },
    };
  },
});

const spansIn = (sent: Sent): number => (sent.template === "spans" ? sent.spans : 1);

/**
 * A backend says how many spans it rejected, not which, and an item holds many: items at the end stand for them, as far as whole ones
 * do. What is left over is in the log only.
 */
function toItems(delivery: Delivery, sizes: readonly number[]): Delivery {
  if (delivery.status !== "partial") return delivery;
  const rejected: number[] = [];
  let left = delivery.rejected.length;
  for (let item = sizes.length - 1; item >= 0 && sizes[item]! <= left; item--) {
    left -= sizes[item]!;
    rejected.unshift(item);
  }
  return rejected.length === 0 ? { status: "delivered" } : { status: "partial", rejected, reason: delivery.reason };
}

function problemsOf(settings: OtlpConfig): ConfigProblem[] {
  const { endpoint, endpoints = [] } = settings;
  if ((endpoint === undefined) === (endpoints.length === 0))
    return [{ path: ["endpoint"], message: "expected either an endpoint, or endpoints" }];
  const places = endpoint === undefined ? endpoints.map((_, i) => ["endpoints", i] as const) : [["endpoint"] as const];
  return endpointsOf(settings).flatMap((url, i) =>
    otlpProblems(toOtlpSettings(settings, url)).map(({ path, message }) => ({
      path: path[0] === "endpoint" ? places[i]! : path,
      message,
    })),
  );
}
