import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { isAggregator } from "../adapter.ts";
import { fakeHost } from "../testing/fake-host.ts";
import { aMetric, aTuple, declareMetric } from "../testing/metric-instance.ts";
import { parseAddress } from "./address.ts";
import { statsd } from "./index.ts";

const instances = [declareMetric("requests", ["path"])];
const request = (path: string, value = 1) => aMetric("requests", { labels: aTuple({ path }), value });
const never = new AbortController().signal;
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function open(params: object) {
  const settings = statsd.config.parse(params);
  expect(statsd.validate?.(settings, instances)).toEqual([]);
  const host = fakeHost(instances);
  const outlet = await statsd.open(settings, host);
  closers.push(() => outlet.close());
  if (isAggregator(outlet)) throw new Error("opened as an aggregator");
  return { host, outlet };
}

/** A UDP server; `next` gives its next datagrams. */
async function startUdp(type: "udp4" | "udp6" = "udp4", port = 0) {
  const server = createSocket(type);
  const received: string[] = [];
  let notify = () => {};
  server.on("message", (message) => {
    received.push(message.toString());
    notify();
  });
  server.bind(port, type === "udp4" ? "127.0.0.1" : "::1");
  await once(server, "listening");
  const stop = () => new Promise<void>((resolve) => server.close(() => resolve()));
  const next = async (count: number) => {
    while (received.length < count) await new Promise<void>((resolve) => (notify = resolve));
    return received.splice(0, count);
  };
  return { port: server.address().port, next, stop };
}

/** A server of connections; `next` gives its next lines. */
async function startStream(at: string | number) {
  let text = "";
  let notify = () => {};
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    socket.on("data", (data) => {
      text += data;
      notify();
    });
  });
  if (typeof at === "string") server.listen(at);
  else server.listen(at, "127.0.0.1");
  await once(server, "listening");
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  closers.push(stop);
  const next = async (count: number) => {
    while (text.split("\n").length <= count) await new Promise<void>((resolve) => (notify = resolve));
    const lines = text.split("\n").slice(0, count);
    text = "";
    return lines;
  };
  const address = server.address();
  return { port: typeof address === "object" ? address!.port : 0, next, stop, connections: () => sockets.length };
}

describe("datagrams", () => {
  it("arrive, full but not too long", async () => {
    const server = await startUdp();
    closers.push(server.stop);
    const { outlet } = await open({ address: `127.0.0.1:${server.port}`, maxDatagramBytes: 64 });
    const batch = ["/a", "/b", "/c"].map((path) => request(path));
    expect(await outlet.deliver(batch, never)).toEqual({ status: "delivered" });
    expect(await server.next(2)).toEqual(["requests:1|c|#path:/a\nrequests:1|c|#path:/b", "requests:1|c|#path:/c"]);
  });

  it("reach names and IPv6", async () => {
    const server = await startUdp("udp6");
    closers.push(server.stop);
    const { outlet } = await open({ address: `[::1]:${server.port}` });
    await outlet.deliver([request("/a")], never);
    expect(await server.next(1)).toEqual(["requests:1|c|#path:/a"]);
    const other = await startUdp();
    closers.push(other.stop);
    const byName = await open({ address: `localhost:${other.port}` });
    await byName.outlet.deliver([request("/b")], never);
    expect(await other.next(1)).toEqual(["requests:1|c|#path:/b"]);
  });

  it("are sent again from the one on that failed, once it is noticed that nobody listens", async () => {
    const server = await startUdp();
    const { port } = server;
    await server.stop();
    const { outlet } = await open({ address: `127.0.0.1:${port}`, maxDatagramBytes: 64 });
    const batch = ["/a", "/b", "/c"].map((path) => request(path.repeat(20)));
    const delivery = await outlet.deliver(batch, never);
    expect(delivery).toMatchObject({
      status: "partial",
      rejected: [],
      reason: expect.stringContaining("ECONNREFUSED"),
    });
    const again = await startUdp("udp4", port);
    closers.push(again.stop);
    expect(await outlet.deliver([request("/d")], never)).toEqual({ status: "delivered" });
    expect(await again.next(1)).toEqual(["requests:1|c|#path:/d"]);
  });

  it("that went nowhere are noticed with the next batch", async () => {
    const server = await startUdp();
    await server.stop();
    const { outlet } = await open({ address: `127.0.0.1:${server.port}` });
    const statuses: string[] = [];
    while (statuses.length < 10 && !statuses.includes("retry")) {
      statuses.push((await outlet.deliver([request("/a")], never)).status);
      await setImmediate();
    }
    expect(statuses).toContain("retry");
  });

  it("hold no line that is too long, and no value that is no number", async () => {
    const server = await startUdp();
    closers.push(server.stop);
    const { outlet } = await open({ address: `127.0.0.1:${server.port}`, maxDatagramBytes: 64 });
    const delivery = await outlet.deliver([request("/x".repeat(40)), request("/a"), request("/b", NaN)], never);
    expect(delivery).toMatchObject({
      status: "partial",
      rejected: [0, 2],
      reason: expect.stringMatching(
        /^1 values are no finite numbers; 1 lines are longer than the 64 bytes of a datagram/,
      ),
    });
    expect(await server.next(1)).toEqual(["requests:1|c|#path:/a"]);
  });
});

describe("connections", () => {
  it("carry lines, one connection for all, and a new one after its end", async () => {
    const server = await startStream(0);
    const { port } = server;
    const { outlet } = await open({ address: `127.0.0.1:${port}`, protocol: "tcp" });
    for (const path of ["/a", "/b"])
      expect(await outlet.deliver([request(path)], never)).toEqual({ status: "delivered" });
    expect(await server.next(2)).toEqual(["requests:1|c|#path:/a", "requests:1|c|#path:/b"]);
    expect(server.connections()).toBe(1);
    await server.stop();
    let delivery = await outlet.deliver([request("/c")], never);
    // What was written before the end was noticed is gone with the connection.
    while (delivery.status === "delivered") delivery = await outlet.deliver([request("/c")], never);
    expect(delivery).toMatchObject({ status: "retry", reason: expect.stringMatching(/ECONNREFUSED|EPIPE|ECONNRESET/) });
    const again = await startStream(port);
    expect(await outlet.deliver([request("/d")], never)).toEqual({ status: "delivered" });
    expect(await again.next(1)).toEqual(["requests:1|c|#path:/d"]);
  });

  it("go through Unix sockets", async () => {
    const folder = mkdtempSync(join(tmpdir(), "statsd-"));
    closers.push(() => rmSync(folder, { recursive: true }));
    const address = join(folder, "statsd.sock");
    const server = await startStream(address);
    const { outlet } = await open({ address, protocol: "unix" });
    await outlet.deliver([request("/a"), request("/b")], never);
    expect(await server.next(2)).toEqual(["requests:1|c|#path:/a", "requests:1|c|#path:/b"]);
  });

  it("that are not made in time end with the attempt", async () => {
    const { outlet } = await open({ address: "127.0.0.1:1", protocol: "tcp" });
    const abort = new AbortController();
    abort.abort();
    expect(await outlet.deliver([request("/a")], abort.signal)).toEqual({
      status: "retry",
      reason: "the time of the attempt was up",
    });
  });
});

it("measures lines by about what they are long", async () => {
  const { outlet } = await open({});
  const bytes = "requests:1.234567|ms|#path:/a\n".length;
  expect(outlet.sizeOf!(request("/a"))).toBeGreaterThanOrEqual(bytes);
  expect(outlet.sizeOf!(request("/a"))).toBeLessThan(2 * bytes);
});

it("finds what is wrong with its settings before it opens", () => {
  const problems = (params: object) =>
    (statsd.validate?.(statsd.config.parse(params), instances) ?? []).map(
      ({ path, message }) => `${path.join(".")}: ${message}`,
    );
  expect(
    problems({
      address: "nowhere",
      format: "names",
      metrics: { request: {}, requests: { kind: "distribution" } },
    }),
  ).toEqual([
    'address: "nowhere" is no host:port, such as 127.0.0.1:8125 or [::1]:8125',
    'metrics.request: no rule sends the instance "request" to this handler, did you mean "requests"?; it gets requests',
    "metrics.requests.kind: only DogStatsD knows distributions: use histogram or timing",
  ]);
  expect(problems({ protocol: "unix", address: "a.sock" })).toHaveLength(1);
  expect(problems({ metrics: { requests: { kind: "timing", unit: "seconds" } } })).toHaveLength(1);
});

it.each([
  ["a:1", { host: "a", port: 1 }],
  ["[::1]:8125", { host: "::1", port: 8125 }],
  ["a", undefined],
  ["a:0", undefined],
  ["a:65536", undefined],
  ["::1:8125", undefined],
  ["a:b:1", undefined],
  ["a:1/x", undefined],
])("reads the address %s", (text, address) => {
  expect(parseAddress(text)).toEqual(address);
});
