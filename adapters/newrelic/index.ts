import { defineAdapter } from "../adapter.ts";
import { combine } from "../shared/combine.ts";
import { post } from "../shared/http.ts";
import { createSums } from "../shared/series/harvest.ts";
import type { OnCut } from "./attributes.ts";
import { config } from "./config.ts";
import { endpointsOf } from "./endpoints.ts";
import { newRelicNaming } from "./naming.ts";
import { createRequestIds } from "./request-ids.ts";
import { type ApiRequest, type Sendable, toRequests } from "./requests.ts";
import { statuses } from "./statuses.ts";
import { validate } from "./validate.ts";

/** Most bytes of a body as sent. */
const maxBytes = 1_000_000;

/** Sends metrics, log entries, edges and spans to New Relic's Metric, Log, Event and Trace API. */
export const newrelic = defineAdapter<"metric" | "logentry" | "edge" | "tracespan", typeof config>({
  type: "newrelic",
  summary: "Metrics, logs, events and spans for New Relic.",
  accepts: ["metric", "logentry", "edge", "tracespan"],
  config,
  validate,
  tupleBudget: ({ maxSeries }) => maxSeries,
  async open(settings, host) {
    const urls = endpointsOf(settings);
    const requestIdOf = createRequestIds();
    const onCut = createCuts(host.log);

    const send = async ({ api, indexes, instances, body }: ApiRequest, signal: AbortSignal) => {
      const headers = {
        "api-key": settings.licenseKey,
        "content-type": "application/json",
        "x-request-id": requestIdOf(instances),
        ...(api === "trace" ? { "data-format": "newrelic", "data-format-version": "1" } : {}),
      };
      const request = {
        url: urls[api],
        headers,
        body,
        signal,
        compression: "gzip",
        maxBytes,
        meanings: statuses,
      } as const;
      return { indexes, delivery: await post(host.fetch, request) };
    };

    return {
      sums: createSums(host, settings, {
        naming: newRelicNaming,
        temporality: "delta",
        withExtremes: true,
        intervalMs: settings.interval,
      }),
      async deliver(batch, signal) {
        // Metrics come as points.
        const { requests, refused } = toRequests(batch as readonly Sendable[], settings, host.now(), onCut);
        const sent = await Promise.all(requests.map((request) => send(request, signal)));
        const left = refused.map(({ index, reason }) => ({
          indexes: [index],
          delivery: { status: "rejected", reason } as const,
        }));
        return combine(batch.length, [...left, ...sent]);
      },
      async close() {},
    };
  },
});

/** Says once for each instance and kind of cut that something is cut off. */
function createCuts(log: { warn(fields: object, message: string): void }): (instance: Sendable) => OnCut {
  const said = new Set<string>();
  return ({ instance }) =>
    (what) => {
      const key = `${what} ${instance}`;
      if (said.has(key)) return;
      said.add(key);
      log.warn({ instance, what }, "more than New Relic takes of attributes: the rest is cut off");
    };
}
