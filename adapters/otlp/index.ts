import type { SpansInstance, TraceSpanInstance } from "../../schemas/model/instance.ts";
import { type ConfigProblem, defineAdapter } from "../adapter.ts";
import { createSpanEncoder } from "../shared/otlp/encode-spans.ts";
import { sdkBytesPerSpan } from "../shared/otlp/made-spans.ts";
import { otlpLimits, otlpProblems } from "../shared/otlp/settings.ts";
import { openBackend } from "./backend.ts";
import { config, endpointsOf, type OtlpConfig, toOtlpSettings } from "./config.ts";
import { createEndpoints } from "./endpoints.ts";
import type { Load } from "./load.ts";

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
    const backends = await Promise.all(endpoints.map((endpoint) => openBackend(settings, endpoint, host)));
    const encoder = createSpanEncoder({ instances: host.instances, resource: settings.resource });
    const throughSdk = settings.protocol === "grpc";
    const { now, log } = host;
    const several = createEndpoints({ endpoints, backends, now, log });
    const toLoad = (sent: Sent, item: number): Load => {
      if (sent.template === "spans") return { item, bytes: sent.bytes, spans: sent.spans };
      return throughSdk ? { item, made: sent, spans: 1 } : { item, bytes: encoder.encode([sent]), spans: 1 };
    };
    return {
      deliver(batch, abort) {
        const loads = batch.map(toLoad);
        return endpoints.length > 1 ? several.deliver(loads, abort) : backends[0]!.send(loads, abort);
      },
      sizeOf(sent) {
        if (sent.template === "spans") return sent.bytes.length;
        return encoder.sizeOf(sent) + (throughSdk ? sdkBytesPerSpan : 0);
      },
      async close() {
        for (const backend of backends) backend.close();
      },
    };
  },
});

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
