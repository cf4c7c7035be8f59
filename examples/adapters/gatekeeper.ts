import { type CheckAnswer, defineChecker, z } from "mixdown/adapter";

const refuse = (status: number, code: number, message: string): CheckAnswer => ({
  verdict: "deny",
  denial: { status, code, message },
});

/** Asks a service whether the tenant named in a header may call. */
export default defineChecker({
  type: "gatekeeper",
  summary: "Lets through what known tenants ask for.",
  config: z.strictObject({
    url: z.url().describe("Where to ask: the tenant's name is added to it."),
  }),
  instance: "none",
  reads: () => ["request.headers"],
  async open({ url }, host) {
    return {
      async check(question, signal) {
        const tenant = question.entry("request.headers", "x-tenant");
        if (tenant === undefined) return refuse(401, 16, "say who you are in x-tenant");
        const response = await host.fetch(url + encodeURIComponent(tenant), { signal }).catch(() => undefined);
        await response?.body?.cancel();
        if (response?.status === 404) return { ...refuse(403, 7, "nobody knows this tenant"), validForMs: 10_000 };
        if (!response?.ok) return { verdict: "error", reason: `no answer from ${url}` };
        return {
          verdict: "pass",
          changes: { upstream: [{ action: "set", name: "x-tenant-known", value: "yes" }] },
          validForMs: 10_000,
        };
      },
      async close() {},
    };
  },
});
