import { afterAll, beforeAll, expect, test } from "vitest";
import type { Sample } from "../support/exposition.ts";
import { sum } from "./support/exposition.ts";
import { type Hub, startHub } from "./support/hub.ts";
import { type Lab, portNumber, portOf, startLab } from "./support/lab.ts";
import { describeWith, measured } from "./support/needs.ts";
import { lint, type Prometheus, startPrometheus } from "./support/prometheus.ts";
import {
  abandonedGet,
  grpcClient,
  http1Client,
  http2Client,
  repeat,
  tcpExchange,
  tcpRefused,
} from "./support/traffic.ts";
import { pause, settled, waitUntil } from "./support/wait.ts";

/** What is asked of the proxy, how often, what comes back, and what the hub must make of it. */
const outcomes = [
  { path: "/ok", times: 200, status: 200, flags: "-" },
  { path: "/status/404", times: 30, status: 404, flags: "-" },
  { path: "/status/503", times: 12, status: 503, flags: "-" },
  { path: "/direct", times: 11, status: 418, flags: "-" },
  { path: "/nothing-here", times: 9, status: 404, flags: "NR" },
  { path: "/nohealthy", times: 8, status: 503, flags: "UH" },
  { path: "/refused", times: 7, status: 503, flags: "UF" },
  { path: "/overflow", times: 6, status: 503, flags: "UO" },
  { path: "/nocluster", times: 5, status: 503, flags: "NC" },
  { path: "/reset", times: 4, status: 503, flags: "UC" },
  { path: "/delay/1000", times: 3, status: 504, flags: "UT" },
];
const abandoned = 5;
const grpcCalls = [
  { status: 0, times: 20, trailersOnly: false },
  { status: 5, times: 10, trailersOnly: false },
  { status: 13, times: 7, trailersOnly: true },
];
const refused = 2;
const connections = [0, 1, 1_000, 100_000, 3_000_000];

/** Istio's own name in milliseconds, and three gauges that prom-client names like counters. */
const knownFindings = /istio_request_duration_milliseconds|mixdown_nodejs_active_(handles|requests|resources)_total/;

const times = (rows: readonly { times: number }[]) => rows.reduce((total, row) => total + row.times, 0);
const plain = times(outcomes);
const requests = plain + abandoned + times(grpcCalls);

describeWith(
  "envoy",
  "prometheus",
  "promtool",
)("a real Envoy under traffic of many outcomes", () => {
  let hub: Hub;
  let lab: Lab;
  let prometheus: Prometheus;
  let samples: Sample[];
  let statuses: number[][];
  let grpcStatuses: number[][];

  beforeAll(async () => {
    hub = await startHub();
    [lab, prometheus] = await Promise.all([
      startLab(portNumber(hub.listeners.grpc)),
      startPrometheus(hub.listeners.admin ?? ""),
    ]);
    await drive();
    await settled(() => hub.total("mixdown_records_total"));
    samples = await hub.metrics();
  });

  afterAll(async () => {
    await Promise.all([lab?.stop(), prometheus?.stop()]);
    await hub?.stop();
  });

  async function drive(): Promise<void> {
    const port = portOf(lab.envoy, "http");
    const [first, second, grpc] = [http1Client(port), http2Client(port), grpcClient(port)];
    const client = (index: number) => (index % 2 === 0 ? first : second);
    statuses = await Promise.all(
      outcomes.map((outcome) =>
        repeat(outcome.times, 4, (index) => client(index).get(outcome.path, { "x-cluster": "none" })),
      ),
    );
    grpcStatuses = await Promise.all(
      grpcCalls.map(({ status, times, trailersOnly }) => repeat(times, 4, () => grpc.call(status, { trailersOnly }))),
    );
    await repeat(abandoned, 5, () => abandonedGet(port, "/patient/30000"));
    await repeat(connections.length, 2, (index) => tcpExchange(portOf(lab.envoy, "tcp"), connections[index] ?? 0));
    await repeat(refused, 1, () => tcpRefused(portOf(lab.envoy, "tcp-refused")));
    for (const one of [first, second, grpc]) one.close();
  }

  const total = (name: string, matcher = {}) => sum(samples, name, matcher);

  test("the driver saw the outcomes it asked for", () => {
    expect(statuses).toEqual(outcomes.map(({ status, times }) => Array(times).fill(status)));
    expect(grpcStatuses).toEqual(grpcCalls.map(({ status, times }) => Array(times).fill(status)));
  });

  test("every request counts once, as Envoy counts it", async () => {
    const stats = await lab.envoy.stats();
    expect(stats.get("http.http.downstream_rq_total")).toBe(requests);
    expect(total("istio_requests_total")).toBe(requests);
    expect(total("istio_requests_total", { reporter: "source" })).toBe(requests);
    expect(total("mixdown_records_total")).toBe(stats.get("access_logs.grpc_access_log.grpc_entries_flushed"));
    expect(stats.get("access_logs.grpc_access_log.logs_dropped") ?? 0).toBe(0);
  });

  test.each(outcomes.map((outcome) => ({ ...outcome, code: String(outcome.status) })))(
    "$path counts $times times as $code with flags $flags",
    ({ path, status, flags, times: expected }) => {
      const matcher = { response_code: String(status), response_flags: flags, request_protocol: "http" };
      const alike = outcomes.filter((other) => other.status === status && other.flags === flags);
      expect(alike.map((outcome) => outcome.path)).toEqual([path]);
      expect(total("istio_requests_total", matcher)).toBe(expected);
    },
  );

  test("a client that went away counts as code 0 with flag DC", () => {
    expect(total("istio_requests_total", { response_code: "0", response_flags: "DC" })).toBe(abandoned);
  });

  test.each(grpcCalls)("gRPC calls that end with status $status count $times times", ({ status, times: expected }) => {
    const matcher = { request_protocol: "grpc", grpc_response_status: String(status), response_code: "200" };
    expect(total("istio_requests_total", matcher)).toBe(expected);
  });

  test("requests that are no gRPC calls have an empty gRPC status", () => {
    expect(total("istio_requests_total", { grpc_response_status: "" })).toBe(plain + abandoned);
  });

  test("sizes and durations are those of the traffic", () => {
    const ok = { response_code: "200", request_protocol: "http" };
    expect(total("istio_response_bytes_sum", ok)).toBe(200 * "hello\n".length);
    expect(total("istio_request_bytes_sum")).toBe(times(grpcCalls) * 7);
    const timeouts = { response_flags: "UT" };
    expect(total("istio_request_duration_milliseconds_bucket", { ...timeouts, le: "100" })).toBe(0);
    expect(total("istio_request_duration_milliseconds_bucket", { ...timeouts, le: "+Inf" })).toBe(3);
    expect(total("istio_request_duration_milliseconds_sum", timeouts)).toBeGreaterThan(3 * 230);
  });

  test("each TCP connection counts once, with its bytes", () => {
    const bytes = connections.reduce((sum, one) => sum + one);
    for (const name of ["istio_tcp_connections_opened_total", "istio_tcp_connections_closed_total"]) {
      expect(total(name, { response_flags: "-" })).toBe(connections.length);
      expect(total(name, { response_flags: "UF,URX" })).toBe(refused);
      expect(total(name, { request_protocol: "tcp" })).toBe(connections.length + refused);
    }
    expect(total("istio_tcp_received_bytes_total")).toBe(bytes);
    expect(total("istio_tcp_sent_bytes_total")).toBe(bytes);
  });

  test("Prometheus sees the same totals", async () => {
    await waitUntil(
      "Prometheus to see every request",
      async () => (await prometheus.value("sum(istio_requests_total)")) === requests,
    );
    const byCode = await prometheus.query("sum by (response_code, response_flags) (istio_requests_total)");
    for (const { labels, value } of byCode)
      expect([labels, total("istio_requests_total", labels)]).toEqual([labels, value]);
    expect(byCode.length).toBeGreaterThan(outcomes.length);
  });

  test("promtool finds the page well-formed", async () => {
    const page = await (await hub.get("/metrics")).text();
    const findings = lint(page)
      .split("\n")
      .filter((finding) => finding !== "" && !knownFindings.test(finding));
    expect(findings).toEqual([]);
  });

  test("start, connected and periodic entries count nothing twice", async () => {
    const before = samples;
    const client = http1Client(portOf(lab.envoy, "periodic"));
    await repeat(4, 4, () => client.get("/patient/900"));
    client.close();
    await tcpExchange(portOf(lab.envoy, "tcp-periodic"), 500_000);
    await pause(500);
    await settled(() => hub.total("mixdown_records_total"));
    const after = await hub.metrics();
    const growth = (name: string) => sum(after, name) - sum(before, name);
    measured("entries of 4 requests and 1 connection with periodic entries", String(growth("mixdown_records_total")));
    expect(growth("mixdown_records_total")).toBeGreaterThan(4 * 4);
    expect(growth("istio_requests_total")).toBe(4);
    expect(growth("istio_tcp_connections_opened_total")).toBe(1);
    expect(growth("istio_tcp_connections_closed_total")).toBe(1);
    expect(growth("istio_tcp_received_bytes_total")).toBe(500_000);
  });
});
