import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Hub, startHub } from "./support/hub.ts";
import { portNumber } from "./support/lab.ts";
import { type LogProxy, startHaproxy, startNginx } from "./support/log-proxies.ts";
import { describeWith } from "./support/needs.ts";
import { freePort } from "./support/prometheus.ts";
import { abandonedGet, grpcClient, http1Client, repeat, tcpExchange } from "./support/traffic.ts";
import { startEcho, startGrpc, startHttp, type Upstream } from "./support/upstream.ts";
import { waitUntil } from "./support/wait.ts";

const requests = 2000;

const settings = {
  listeners: {
    grpc: null,
    http: null,
    admin: { address: "127.0.0.1:0" },
    udp: { address: "127.0.0.1:0", serves: ["syslog"] },
    tcp: { address: "127.0.0.1:0", serves: ["syslog"], syslog: { transport: "tcp" } },
  },
};

let hub: Hub;
let http: Upstream;

beforeAll(async () => {
  [hub, http] = await Promise.all([startHub({ settings }), startHttp()]);
});

afterAll(async () => {
  await hub.stop();
  await http.close();
});

const counted = (matcher: Record<string, string>) => hub.total("istio_requests_total", matcher);

/** Every tenth request fails upstream. */
async function sendRequests(port: number): Promise<void> {
  const client = http1Client(port);
  await repeat(requests, 4, (index) => client.get(`/status/${index % 10 === 0 ? 503 : 200}?n=${index}`));
  client.close();
}

describeWith("nginx")("nginx, over UDP", () => {
  let nginx: LogProxy;
  let grpc: Upstream;
  const nginxCount = (matcher = {}) => counted({ source_workload: "nginx", ...matcher });

  beforeAll(async () => {
    grpc = await startGrpc();
    nginx = await startNginx(portNumber(hub.listeners.udp), http.port, grpc.port);
  });

  afterAll(async () => {
    await nginx.stop();
    await grpc.close();
  });

  test(`${requests} requests count ${requests}`, async () => {
    await sendRequests(nginx.ports.http ?? 0);
    await waitUntil("every line", async () => (await nginxCount()) >= requests);
    expect(await nginxCount()).toBe(requests);
    expect(await nginxCount({ response_code: "503", destination_service_name: "app" })).toBe(requests / 10);
    expect(await hub.total("istio_request_duration_milliseconds_count", { source_workload: "nginx" })).toBe(requests);
  });

  test("so do answers of its own, failed upstreams, retries, clients that go away, and hostile texts", async () => {
    const before = await nginxCount();
    const client = http1Client(nginx.ports.http ?? 0);
    const hostile = { "user-agent": 'a","status":"200","x":"\\', referer: "\u00ff\u0080" };
    const statuses = [
      await client.get("/local", hostile),
      await client.get('/local?","status":"999'),
      await client.get("/gone"),
      await client.get("/flaky"),
    ];
    client.close();
    expect(statuses).toEqual([418, 418, 502, 200]);
    await abandonedGet(nginx.ports.http ?? 0, "/delay/1000");
    await waitUntil("every line", async () => (await nginxCount()) >= before + 5);
    expect(await nginxCount()).toBe(before + 5);
    expect(await nginxCount({ response_code: "418" })).toBe(2);
    expect(await nginxCount({ response_code: "502", destination_service_name: "gone" })).toBe(1);
    expect(await nginxCount({ response_code: "200", destination_service_name: "flaky" })).toBe(1);
    expect(await nginxCount({ response_code: "499" })).toBe(1);
  });

  test("gRPC calls with their status, from trailers and from headers", async () => {
    const client = grpcClient(nginx.ports.grpc ?? 0);
    expect([await client.call(0), await client.call(5), await client.call(7, { trailersOnly: true })]).toEqual([
      0, 5, 7,
    ]);
    client.close();
    await waitUntil("every line", async () => (await nginxCount({ request_protocol: "grpc" })) >= 3);
    for (const status of ["0", "5", "7"]) expect(await nginxCount({ grpc_response_status: status })).toBe(1);
  });
});

describeWith("haproxy").each(["tcp", "udp"] as const)("HAProxy, over %s", (transport) => {
  let haproxy: LogProxy;
  let echo: Upstream;
  let requestsBefore = 0;
  let openedBefore = 0;
  const count = (matcher = {}) => counted({ source_workload: "haproxy", ...matcher });
  const opened = () => hub.total("istio_tcp_connections_opened_total", { source_workload: "haproxy" });

  beforeAll(async () => {
    echo = await startEcho();
    const port = portNumber(hub.listeners[transport]);
    haproxy = await startHaproxy(transport === "tcp" ? { tcp: port } : { udp: port }, http.port, echo.port);
    requestsBefore = await count();
    openedBefore = await opened();
  });

  afterAll(async () => {
    await haproxy.stop();
    await echo.close();
  });

  test(`${requests} requests count ${requests}`, async () => {
    const failed = await count({ response_code: "503", destination_service_name: "app" });
    await sendRequests(haproxy.ports.http ?? 0);
    await waitUntil("every line", async () => (await count()) >= requestsBefore + requests);
    expect(await count()).toBe(requestsBefore + requests);
    expect(await count({ response_code: "503", destination_service_name: "app" })).toBe(failed + requests / 10);
  });

  test("so do bad requests, clients that go away, and hostile texts", async () => {
    const before = await count();
    const client = http1Client(haproxy.ports.http ?? 0);
    await client.get("/status/200", { "user-agent": 'a","status":"999","x":"\\', host: 'h","status":"999' });
    await client.get('/status/200?","status":"999');
    client.close();
    expect(await malformed(haproxy.ports.http ?? 0)).toContain("400 Bad request");
    await abandonedGet(haproxy.ports.http ?? 0, "/delay/1000");
    await waitUntil("every line", async () => (await count()) >= before + 4);
    expect(await count()).toBe(before + 4);
    expect(await count({ response_code: "999" })).toBe(0);
  });

  test("connections that send nothing are no requests", async () => {
    const before = await count();
    await repeat(50, 4, () => tcpExchange(haproxy.ports.http ?? 0, 0));
    const client = http1Client(haproxy.ports.http ?? 0);
    await client.get("/status/200");
    client.close();
    await waitUntil("the request behind them", async () => (await count()) > before);
    expect(await count()).toBe(before + 1);
  });

  test("connections of a TCP proxy are opened and closed once, with their bytes", async () => {
    const sentBefore = await hub.total("istio_tcp_sent_bytes_total", { source_workload: "haproxy" });
    expect(await repeat(50, 4, () => tcpExchange(haproxy.ports.tcp ?? 0, 1000))).toEqual(Array(50).fill(1000));
    await waitUntil("every connection", async () => (await opened()) >= openedBefore + 50);
    expect(await opened()).toBe(openedBefore + 50);
    expect(await hub.total("istio_tcp_connections_closed_total", { source_workload: "haproxy" })).toBe(await opened());
    expect(await hub.total("istio_tcp_sent_bytes_total", { source_workload: "haproxy" })).toBe(sentBefore + 50_000);
  });

  test("nothing was malformed or left out", async () => {
    expect(await hub.total("mixdown_records_total", { source: "syslog", outcome: "malformed" })).toBe(0);
    expect(await hub.total("mixdown_decode_errors_total")).toBe(0);
  });
});

describeWith("haproxy")("HAProxy's ring", () => {
  test("keeps lines while nobody listens", async () => {
    const port = await freePort();
    const tcp = { address: `127.0.0.1:${port}`, serves: ["syslog"], syslog: { transport: "tcp" } };
    const haproxy = await startHaproxy({ tcp: port }, http.port, http.port);
    const client = http1Client(haproxy.ports.http ?? 0);
    await repeat(100, 4, () => client.get("/status/200"));
    client.close();
    const late = await startHub({ settings: { listeners: { ...settings.listeners, tcp } } });
    const total = () => late.total("istio_requests_total", { response_code: "200" });
    await waitUntil("the kept lines", async () => (await total()) >= 100, 30_000);
    expect(await total()).toBe(100);
    await haproxy.stop();
    await late.stop();
  });
});

/** Sends what is no HTTP and gives the answer. */
function malformed(port: number): Promise<string> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1", () => socket.write("BAD\u0001 / HTTP\r\n\r\n"));
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    socket.on("error", () => {}).on("close", () => resolve(answer));
  });
}
