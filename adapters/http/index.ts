import { defineAdapter } from "../adapter.ts";
import { type Flattened, toFlatObject } from "../shared/flat-object.ts";
import { post } from "../shared/http.ts";
import { joinHeaders } from "../shared/http-settings.ts";
import { fetchWith } from "../shared/tls-fetch.ts";
import { tlsProblems } from "../shared/tls-settings.ts";
import { checks } from "./ask.ts";
import { mediaTypes, toBody } from "./body.ts";
import { config } from "./config.ts";

/** Posts batches of JSON objects to any HTTP server. */
export const http = defineAdapter<Flattened["template"], typeof config>({
  type: "http",
  summary: "Posts JSON to an HTTP server.",
  accepts: ["logentry", "edge", "tracespan", "metric"],
  config,
  checks,
  validate: ({ url, tls }) => tlsProblems(url, tls),
  async open({ url, format, compression, headers: more, tls }, host) {
    const { fetch, close } = fetchWith(tls, host.fetch);
    const headers = joinHeaders({ "content-type": mediaTypes[format] }, more);
    return {
      deliver(batch, signal) {
        // Points come only to adapters that sum up.
        const objects = (batch as readonly Flattened[]).map(toFlatObject);
        return post(fetch, { url, headers, compression, signal, body: toBody(objects, format) });
      },
      close: async () => close(),
    };
  },
});
