import { metricsService, streamMetrics } from "../../decode/metrics/service.ts";
import { createMetricDecoder } from "../../decode/otlp-metrics.ts";
import { clientStreaming } from "../../transport/grpc-method.ts";
import { defineReceiver } from "../receiver.ts";
import { StatisticsRelay } from "./relay.ts";
import { openStream } from "./stream.ts";

const source = "metrics";

/** Takes the statistics that proxies push over envoy.service.metrics.v3: sets what they logged beside what arrived, and passes them on as metrics. */
export const envoyMetrics = defineReceiver({
  type: "envoy-metrics",
  source,
  summary: "Envoy's metrics service v3: the statistics of proxies, and how many log entries they say that they sent.",
  services: [metricsService],
  open(host) {
    const { events, proxies, now } = host;
    const decoder = createMetricDecoder({ now });
    const open = () => openStream(source, events, proxies.statistics, new StatisticsRelay(source, host, decoder));
    const method = clientStreaming(open, { takesLateMessages: true });
    return { methods: () => new Map([[streamMetrics, method]]) };
  },
});
