import { defineAdapter } from "../adapter.ts";
import { post } from "../shared/http.ts";
import { joinHeaders } from "../shared/http-settings.ts";
import { fetchWith } from "../shared/tls-fetch.ts";
import { tlsProblems } from "../shared/tls-settings.ts";
import { config } from "./config.ts";
import { readSpans } from "./read-spans.ts";
import { toZipkin } from "./to-zipkin.ts";

/** Posts spans to Zipkin. */
export const zipkin = defineAdapter<"spans", typeof config>({
  type: "zipkin",
  summary: "Posts spans to Zipkin, v2 as JSON.",
  accepts: ["spans"],
  config,
  endpoints: ({ endpoint }) => [endpoint],
  validate: ({ endpoint, tls }) => tlsProblems(endpoint, tls),
  async open(settings, host) {
    const { compression } = settings;
    const { fetch, close } = fetchWith(settings.tls, host.fetch);
    const url = urlOf(settings.endpoint);
    const headers = joinHeaders({ "content-type": "application/json" }, settings.headers);
    return {
      deliver(batch, signal) {
        const body = JSON.stringify(batch.flatMap(({ bytes }) => readSpans(bytes)).map(toZipkin));
        return post(fetch, { url, headers, compression, signal, body });
      },
      /** JSON is about as long as protobuf with the names of its members, which a span has some twenty of. */
      sizeOf: ({ bytes, spans }) => 2 * bytes.length + 300 * spans,
      close: async () => close(),
    };
  },
});

function urlOf(text: string): string {
  const url = new URL(text);
  if (url.pathname === "/") url.pathname = "/api/v2/spans";
  return url.href;
}
