import { defineAdapter, formatTimestamp, post, z } from "mixdown/adapter";

/** Posts log entries to a web hook, each batch as one JSON array. */
export default defineAdapter({
  type: "webhook",
  summary: "Posts log entries to a web hook.",
  accepts: ["logentry"],
  config: z.strictObject({
    url: z.url().describe("Where to post to."),
    token: z.string().optional().meta({ secret: true }).describe("Sent as bearer token, if there is one."),
  }),
  async open({ url, token }, host) {
    const headers = {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    host.log.info({ url }, "log entries go to a web hook");
    return {
      deliver(batch, signal) {
        const events = batch.map(({ time, severity, variables }) => ({
          time: formatTimestamp(time),
          severity,
          ...variables,
        }));
        return post(host.fetch, { url, headers, body: JSON.stringify(events), signal });
      },
      async close() {},
    };
  },
});
