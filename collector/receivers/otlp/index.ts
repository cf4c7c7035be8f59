import type { FastifyInstance } from "fastify";
import type { ListenerTrust } from "../../../schemas/model/access-log.ts";
import type { ListenerConfig } from "../../config/schema.ts";
import type { PartialSuccess, Signal } from "../../decode/otlp/answers.ts";
import { exportMethod, otlpServices } from "../../decode/otlp/services.ts";
import { createLogDecoder } from "../../decode/otlp-logs.ts";
import { createMetricDecoder } from "../../decode/otlp-metrics.ts";
import { createSpanDecoder } from "../../decode/otlp-spans.ts";
import { MemoryLedger } from "../../transport/memory.ts";
import { mountPosts } from "../post-route.ts";
import { defineReceiver, type ReceiverHost, trustOf } from "../receiver.ts";
import { exportOver } from "./grpc.ts";
import { exportRoute, profilesRoute } from "./http.ts";
import type { OtlpRequest } from "./request.ts";
import { takeLogs } from "./take-logs.ts";
import { takeMetrics } from "./take-metrics.ts";
import { takeSpans } from "./take-spans.ts";

const source = "otlp";

/** Takes OTLP: spans, metrics, and the access logs that proxies send as log records. */
export const otlp = defineReceiver({
  type: "otlp",
  source,
  summary:
    "OpenTelemetry (OTLP) over gRPC, and over HTTP as protobuf or JSON: spans, metrics, and access logs of Envoy.",
  services: otlpServices,
  open(host) {
    const takers = openTakers(host);
    return {
      methods(listener) {
        const trust = trustOf(listener);
        return new Map(
          takers.map(({ signal, take }) => [
            exportMethod(signal),
            exportOver((bytes) => take({ bytes }, trust), source, host.events),
          ]),
        );
      },
      mount: (server, listener) => mount(server, listener, takers, host),
    };
  },
});

/** Takes the requests of one signal. */
interface Taker {
  readonly signal: Signal;
  take(request: OtlpRequest, listener: ListenerTrust): PartialSuccess | Promise<PartialSuccess>;
}

function openTakers(host: ReceiverHost): readonly Taker[] {
  const spans = createSpanDecoder({ now: host.now });
  const logs = createLogDecoder();
  const metrics = createMetricDecoder({ now: host.now });
  return [
    { signal: "traces", take: (request) => takeSpans(request, spans, source, host) },
    { signal: "logs", take: (request, listener) => takeLogs(request, listener, logs, source, host) },
    { signal: "metrics", take: (request) => takeMetrics(request, metrics, source, host) },
  ];
}

function mount(
  server: FastifyInstance,
  listener: ListenerConfig,
  takers: readonly Taker[],
  { events }: ReceiverHost,
): void {
  const { limits } = listener;
  const body = { maxBytes: limits.maxMessageBytes, memory: new MemoryLedger(limits.maxBufferedBytes) };
  const trust = trustOf(listener);
  const routes = takers.map(({ signal, take }) =>
    exportRoute({ signal, source, body, events, take: (request) => take(request, trust) }),
  );
  mountPosts(server, [...routes, profilesRoute]);
}
