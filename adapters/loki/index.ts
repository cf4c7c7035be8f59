import { defineAdapter } from "../adapter.ts";
import { post } from "../shared/http.ts";
import { joinHeaders } from "../shared/http-settings.ts";
import { fetchWith } from "../shared/tls-fetch.ts";
import { config } from "./config.ts";
import { toPush } from "./push.ts";
import { createStreams } from "./streams.ts";
import { createTimes } from "./times.ts";
import { validate } from "./validate.ts";

/** Pushes log entries to Loki. */
export const loki = defineAdapter<"logentry", typeof config>({
  type: "loki",
  summary: "Pushes log entries to Loki.",
  accepts: ["logentry"],
  config,
  validate,
  async open(settings, host) {
    const { tenant, compression } = settings;
    const { fetch, close } = fetchWith(settings.tls, host.fetch);
    const url = pushUrl(settings.url);
    const own = { "content-type": "application/json", ...(tenant === undefined ? {} : { "x-scope-orgid": tenant }) };
    const headers = joinHeaders(own, settings.headers);
    const onOverflow = (instance: string) => host.count("overflow", { metric: instance, label: "stream" }, 1);
    const labelsOf = createStreams(settings, { now: () => host.now(), onOverflow });
    const places = { labelsOf, timeOf: createTimes() };
    return {
      deliver(batch, signal) {
        const body = JSON.stringify(toPush(batch, settings, places));
        return post(fetch, { url, headers, compression, signal, body });
      },
      close: async () => close(),
    };
  },
});

function pushUrl(text: string): string {
  const url = new URL(text);
  if (url.pathname === "/") url.pathname = "/loki/api/v1/push";
  return url.href;
}
