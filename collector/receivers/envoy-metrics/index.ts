import { metricsService, streamMetrics } from "../../decode/metrics/service.ts";
import { clientStreaming } from "../../transport/grpc-method.ts";
import { defineReceiver } from "../receiver.ts";
import { openStream } from "./stream.ts";

const source = "metrics";

/** Takes the statistics that proxies push over envoy.service.metrics.v3, and sets what they sent beside what arrived. */
export const envoyMetrics = defineReceiver({
  type: "envoy-metrics",
  source,
  summary: "Envoy's metrics service v3: how many log entries a proxy says that it sent.",
  services: [metricsService],
  open({ events, proxies }) {
    const method = clientStreaming(() => openStream(source, events, proxies.statistics), { takesLateMessages: true });
    return { methods: () => new Map([[streamMetrics, method]]) };
  },
});
