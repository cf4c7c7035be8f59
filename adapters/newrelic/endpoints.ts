import type { NewRelicConfig } from "./config.ts";

/** The four ways in. */
export const apis = ["metric", "log", "event", "trace"] as const;

/** One of them. */
export type Api = (typeof apis)[number];

const hosts = {
  us: {
    metric: "https://metric-api.newrelic.com",
    log: "https://log-api.newrelic.com",
    trace: "https://trace-api.newrelic.com",
    event: "https://insights-collector.newrelic.com",
  },
  eu: {
    metric: "https://metric-api.eu.newrelic.com",
    log: "https://log-api.eu.newrelic.com",
    trace: "https://trace-api.eu.newrelic.com",
    event: "https://insights-collector.eu01.nr-data.net",
  },
} as const;

/** Where each API is: what the settings say, else the region's. */
export function endpointsOf(settings: NewRelicConfig): Readonly<Record<Api, string>> {
  const host = hosts[settings.region];
  return {
    metric: settings.metricUrl ?? `${host.metric}/metric/v1`,
    log: settings.logUrl ?? `${host.log}/log/v1`,
    trace: settings.traceUrl ?? `${host.trace}/trace/v1`,
    event: settings.eventUrl ?? `${host.event}/v1/accounts/${settings.accountId}/events`,
  };
}
