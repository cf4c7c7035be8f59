/** The text of an adapter that does nothing right or wrong until `open` is put in. */
const adapter = (accepts: string, open: string) => `import { defineAdapter, z } from "mixdown/adapter";
export default defineAdapter({
  type: "bad",
  summary: "Does something that it should not.",
  accepts: ["${accepts}"],
  config: z.strictObject({}),
  async open(_config, host) {
    ${open}
  },
});
`;

const outlet = (deliver: string, close = "") =>
  adapter("logentry", `let n = 0; return { async deliver(batch) { n++; ${deliver} }, async close() { ${close} } };`);

/** Adapters for log entries that deliver nothing, by what is wrong with them. */
export const neverDelivering: Readonly<Record<string, string>> = {
  throwing: outlet('throw new Error("thrown on purpose");'),
  rejecting: outlet('return Promise.reject([undefined, null, "text", Object.freeze({}), Object.create(null)][n % 5]);'),
  nonsense: outlet(
    'return [42, undefined, { status: "ok" }, { status: "partial", rejected: [1e9], reason: "x" }][n % 4];',
  ),
  hanging: outlet("return new Promise(() => {});", "return new Promise(() => {});"),
  mutating: outlet("batch.length = 0; return { status: 'delivered' };"),
  changing: outlet("batch[0].variables.path = '/changed'; return { status: 'delivered' };"),
};

/** Adapters for log entries that deliver, and do harm beside it. */
export const harmful: Readonly<Record<string, string>> = {
  flooding: outlet(`
    const circle = { n: 1n }; circle.circle = circle;
    for (let i = 0; i < 10_000; i++) host.log.error(circle, "flood");
    return { status: "delivered" };`),
  straying: outlet(
    `
    setTimeout(() => { throw new Error("thrown in a timer"); });
    Promise.reject(undefined);
    Promise.reject(new Error("rejected and not waited for"));
    setInterval(() => {}, 1000);
    return { status: "delivered" };`,
    "throw null;",
  ),
};

/** An adapter for metrics that throws over each, and whose page cannot be shown. */
export const throwingAggregator = adapter(
  "metric",
  `await host.exposeMetrics({ families() { throw new Error("no page"); } });
    return { record() { throw undefined; }, async close() {} };`,
);
