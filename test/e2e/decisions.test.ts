import { afterAll, beforeAll, expect, test } from "vitest";
import { type Envoy, startEnvoy } from "./support/envoy.ts";
import { type Hub, startHub } from "./support/hub.ts";
import { portNumber, portOf } from "./support/lab.ts";
import { describeWith, measured } from "./support/needs.ts";
import { http1Client, repeat } from "./support/traffic.ts";
import { startHttp, type Upstream } from "./support/upstream.ts";
import { waitFor } from "./support/wait.ts";

const requests = 1000;
const address = "127.0.0.1:0";
const host = "shop.default.svc.cluster.local";
const begins = (path: string) => `request.url_path.startsWith("/ok/${path}")`;

/** What decides on requests by how their path goes on behind /ok/. */
const policy = [
  { name: "no-admin", match: begins("admin"), deny: { status: 403, message: "staff only" } },
  { name: "gone", match: begins("old"), deny: { status: 410 } },
  { name: "budget", match: begins("limited"), limit: { key: ["request.host"], rate: "60/1h" } },
  { name: "closed", match: begins("closed"), check: { handler: "broken" }, onError: "deny" },
  { name: "open", match: begins("open"), check: { handler: "broken" }, onError: "allow" },
  { name: "shadowed", match: begins("partners"), deny: {}, shadow: true },
  { name: "partners", match: begins("partners"), allow: true },
];
const kinds = ["admin", "old", "limited", "closed", "open", "partners", "rest"];

/** Which rule it was, by what the client saw: `rule verdict`. */
function seen(kind: string, status: number): string {
  if (kind === "admin" && status === 403) return "no-admin deny";
  if (kind === "old" && status === 410) return "gone deny";
  if (kind === "limited" && status === 429) return "budget deny";
  if (kind === "closed" && status === 403) return "closed deny";
  if (status === 200) return kind === "partners" ? "partners allow" : " allow";
  return `${kind} answered with ${status}`;
}

const sidecarOf = (name: string) => ({
  id: `sidecar~10.0.0.1~${name}-1.default~default.svc.cluster.local`,
  cluster: `${name}.default`,
  metadata: { NAMESPACE: "default", WORKLOAD_NAME: name },
});

const counted = (rows: Iterable<readonly [string, number]>): Record<string, number> => {
  const sums: Record<string, number> = {};
  for (const [name, count] of rows) sums[name] = (sums[name] ?? 0) + count;
  return Object.fromEntries(Object.entries(sums).sort());
};
const sumOf = (counts: Record<string, number>) => Object.values(counts).reduce((sum, count) => sum + count, 0);

let hub: Hub;
let upstream: Upstream;
const envoys: Envoy[] = [];
let truth: Record<string, number>;

describeWith("envoy")("decisions on 1,000 mixed requests", () => {
  beforeAll(async () => {
    upstream = await startHttp();
    const decided = { rule: 'check.rule | "not asked"', verdict: 'check.verdict | "none"' };
    const inbound = { address, serves: ["grpc"], reporter: "inbound" };
    const dimensions = { signal: "context.signal", log: 'context.log_name | ""', ...decided };
    hub = await startHub({
      settings: {
        listeners: { admin: { address }, grpc: { address }, http: { address }, inbound },
        handlers: { broken: { adapter: "http", params: { url: "http://127.0.0.1:9/" } } },
        instances: { decided: { template: "metric", params: { value: 1, dimensions } } },
        rules: [
          ...policy,
          { name: "by-rule", match: "has(request.id)", actions: [{ handler: "prometheus", instances: ["decided"] }] },
        ],
      },
    });
    const tracing = {
      protocol: "otlp-grpc" as const,
      httpPort: portNumber(hub.listeners.http),
      service: "shop",
      tags: {},
    };
    const proxy = async (name: string, direction: "INBOUND" | "OUTBOUND", port: number) => {
      const checked = direction === "INBOUND";
      const hubPort = portNumber(hub.listeners[checked ? "inbound" : "grpc"]);
      const cluster = checked ? "inbound|80||" : `outbound|80||${host}`;
      const envoy = await startEnvoy({
        ...{ node: sidecarOf(name), hubPort, ...(checked && { tracing }) },
        listeners: [
          {
            ...{ kind: "http" as const, name: "http", logName: name, direction, checked, keepsRequestId: checked },
            routes: [{ prefix: "/", cluster }],
          },
        ],
        clusters: [{ name: cluster, port }],
      });
      envoys.push(envoy);
      return portOf(envoy, "http");
    };
    const server = await proxy("server", "INBOUND", upstream.port);
    const entry = await proxy("client", "OUTBOUND", server);

    const client = http1Client(entry, 8);
    const answers = await repeat(requests, 8, async (index): Promise<readonly [string, number]> => {
      const kind = kinds[index % kinds.length] ?? "";
      return [seen(kind, await client.get(`/ok/${kind}/${index}?n=1`, { host })), 1];
    });
    client.close();
    truth = counted(answers);
    await waitFor("all records", async () => ((await total({})) === 3 * requests ? true : undefined), 30_000);
  }, 120_000);

  afterAll(async () => {
    for (const envoy of envoys) await envoy.stop();
    await hub?.stop();
    await upstream?.close();
  });

  const total = (labels: Record<string, string>) => hub.total("decided_total", labels);

  test("clients saw every rule at work", () => {
    measured("answers", JSON.stringify(truth));
    expect(truth).toEqual({
      " allow": expect.any(Number),
      ...{ "no-admin deny": 143, "gone deny": 143, "closed deny": 143, "partners allow": 143 },
      "budget deny": expect.any(Number),
    });
    expect([sumOf(truth), truth["budget deny"]]).toEqual([requests, 143 - 60]);
  });

  async function statistics(reporter: string) {
    const query = new URLSearchParams({ from: "-15m", measure: "requests", by: "check.rule,check.verdict", reporter });
    const answer = await hub.get(`/api/v1/stats/timeseries?${query}`);
    const { series } = (await answer.json()) as { series: { labels: Record<string, string>; values: number[] }[] };
    return counted(
      series.map(({ labels, values }) => [
        `${labels["check.rule"]} ${labels["check.verdict"]}`,
        values.reduce((sum, value) => sum + value, 0),
      ]),
    );
  }

  test.each(["auto", "inbound", "outbound"])(
    "statistics, reporter %s, add up to exactly as many by rule",
    async (reporter) => {
      const sums = await waitFor("the statistics", async () => {
        const found = await statistics(reporter);
        return sumOf(found) >= requests ? found : undefined;
      });
      expect(sums).toEqual(truth);
      expect(sumOf(sums)).toBe(requests);
    },
  );

  test.each([
    ["the server's access log", { signal: "accesslog", log: "server" }],
    ["the client's access log, which did not ask", { signal: "accesslog", log: "client" }],
    ["the server's spans", { signal: "span" }],
  ])("a metric of %s says the same", async (_, labels) => {
    const samples = (await hub.metrics()).filter(
      (sample) =>
        sample.name === "decided_total" &&
        Object.entries(labels).every(([name, value]) => sample.labels[name] === value),
    );
    // What is empty, Prometheus leaves out.
    const found = counted(samples.map(({ labels: { rule = "", verdict }, value }) => [`${rule} ${verdict}`, value]));
    expect(found).toEqual(truth);
  });

  test("so do the decisions themselves", async () => {
    const answer = await hub.get("/api/v1/stats/decisions?from=-15m&by=rule,verdict");
    const { decisions } = (await answer.json()) as {
      decisions: {
        labels: { rule: string; verdict: string };
        decisions: number;
        errors: number;
        shadowDenied: number;
      }[];
    };
    expect(counted(decisions.map(({ labels, decisions }) => [`${labels.rule} ${labels.verdict}`, decisions]))).toEqual(
      truth,
    );
    expect(decisions.find(({ labels }) => labels.rule === "partners")?.shadowDenied).toBe(143);
    expect(decisions.reduce((sum, { errors }) => sum + errors, 0)).toBe(2 * 143);
  });

  test("each was joined, and none is left", async () => {
    expect(await hub.total("mixdown_decision_joins_total", { by: "memory" })).toBe(3 * requests);
    expect(await hub.total("mixdown_decision_joins_total", { by: "metadata" })).toBe(0);
    expect(await hub.total("mixdown_decision_joins_total", { by: "mismatch" })).toBe(0);
    expect(await hub.total("mixdown_unjoined_decisions_total")).toBe(0);
  });
});
