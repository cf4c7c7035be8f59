import { expect, it } from "vitest";
import { config } from "./config.ts";
import { endpointsOf } from "./endpoints.ts";

const urlsOf = (settings: object) => endpointsOf(config.parse({ licenseKey: "k", ...settings }));

it("knows the APIs of each region", () => {
  expect(urlsOf({ accountId: 12345 })).toEqual({
    metric: "https://metric-api.newrelic.com/metric/v1",
    log: "https://log-api.newrelic.com/log/v1",
    trace: "https://trace-api.newrelic.com/trace/v1",
    event: "https://insights-collector.newrelic.com/v1/accounts/12345/events",
  });
  expect(urlsOf({ accountId: 12345, region: "eu" })).toEqual({
    metric: "https://metric-api.eu.newrelic.com/metric/v1",
    log: "https://log-api.eu.newrelic.com/log/v1",
    trace: "https://trace-api.eu.newrelic.com/trace/v1",
    event: "https://insights-collector.eu01.nr-data.net/v1/accounts/12345/events",
  });
});

it("lets each be set", () => {
  const url = (name: string) => `https://${name}.test/`;
  const settings = { metricUrl: url("m"), logUrl: url("l"), traceUrl: url("t"), eventUrl: url("e") };
  expect(urlsOf(settings)).toEqual({ metric: url("m"), log: url("l"), trace: url("t"), event: url("e") });
});
