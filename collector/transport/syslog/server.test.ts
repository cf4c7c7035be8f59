import { createSocket } from "node:dgram";
import { mkdtempSync, rmSync } from "node:fs";
import { connect as connectTcp, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { afterEach, expect, it, vi } from "vitest";
import { createAuthority } from "../../../test/support/certificates.ts";
import { configSchema } from "../../config/schema.ts";
import { HubError } from "../../errors.ts";
import { noEvents } from "../events.ts";
import { createSyslogServer, type SyslogServer } from "./server.ts";

const running: SyslogServer[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(running.splice(0).map((server) => server.drain(0)));
});

interface Listening {
  readonly address: string;
  readonly port: number;
  readonly messages: string[];
  readonly events: string[];
  readonly server: SyslogServer;
}

/** A server on a free port of loopback; `busy` is what the sink waits for. */
async function listen(settings: object, busy?: () => Promise<void>, address = "127.0.0.1:0"): Promise<Listening> {
  const parsed = configSchema.parse({ listeners: { it: { address, serves: ["syslog"], ...settings } } });
  const config = parsed.listeners.it;
  if (!config) throw new Error("no listener");
  const messages: string[] = [];
  const events: string[] = [];
  const server = createSyslogServer({
    config,
    sink(batch) {
      messages.push(...batch.map(String));
      return busy?.();
    },
    events: {
      ...noEvents,
      connectionClosed: (reason) => events.push(`closed ${reason}`),
      refused: (reason) => events.push(`refused ${reason}`),
      protocolError: (reason) => events.push(reason),
      handlerFault: (_method, error) => events.push(`fault ${error}`),
    },
    tlsEvents: { reloaded() {}, reloadFailed() {} },
  });
  running.push(server);
  const bound = await server.listen();
  return { address: bound, port: Number(bound.slice(bound.lastIndexOf(":") + 1)), messages, events, server };
}

function connect(port: number): Socket {
  const socket = connectTcp(port, "127.0.0.1");
  socket.on("error", () => {});
  sockets.push(socket);
  return socket;
}

const closed = (socket: Socket) => new Promise<void>((resolve) => socket.resume().once("close", () => resolve()));

/** Sends datagrams one after the other. */
async function sendTo(port: number, datagrams: readonly string[]): Promise<void> {
  const socket = createSocket("udp4");
  for (const datagram of datagrams)
    await new Promise<void>((resolve) => socket.send(datagram, port, "127.0.0.1", () => resolve()));
  socket.close();
}

const tcp = { syslog: { transport: "tcp", maxMessageBytes: 100 } };
const udp = { syslog: { maxMessageBytes: 100 } };

it("TCP: messages of several senders, in either framing, and one without its end", async () => {
  const { port, messages, events } = await listen(tcp);
  const [one, two] = [connect(port), connect(port)];
  one.end("<1>a\n<1>b\n<1>c");
  two.end("4 <2>a4 <2>b");
  await vi.waitFor(() => expect(messages.toSorted()).toEqual(["<1>a", "<1>b", "<1>c", "<2>a", "<2>b"]));
  await vi.waitFor(() => expect(events).toEqual(["closed peer", "closed peer"]));
});

it("TCP: a message that is too large costs itself, a count that is none the connection", async () => {
  const { port, messages, events } = await listen(tcp);
  const socket = connect(port);
  socket.write(`<1>${"x".repeat(200)}\n<1>good\n9x`);
  await closed(socket);
  expect(messages).toEqual(["<1>good"]);
  expect(events).toEqual(["message-size", "frame", "closed fault"]);
});

it("TCP: while the sink is busy nothing further is read", async () => {
  const gates: (() => void)[] = [];
  const { port, messages } = await listen(tcp, () => new Promise((resolve) => gates.push(resolve)));
  const socket = connect(port);
  socket.write("<1>a\n");
  await vi.waitFor(() => expect(messages).toEqual(["<1>a"]));
  socket.write("<1>b\n");
  await vi.waitFor(() => expect(socket.bytesWritten).toBe(10));
  await new Promise((resolve) => setImmediate(resolve));
  expect(messages).toEqual(["<1>a"]);
  gates.shift()?.();
  await vi.waitFor(() => expect(messages).toEqual(["<1>a", "<1>b"]));
  gates.shift()?.();
});

it("TCP: a sink that fails is told, and the sender goes on", async () => {
  let fail = true;
  const { port, messages, events } = await listen(tcp, () => {
    if (!fail) return Promise.resolve();
    fail = false;
    return Promise.reject(new Error("no"));
  });
  const socket = connect(port);
  socket.write("<1>a\n");
  await vi.waitFor(() => expect(events).toEqual(["fault Error: no"]));
  socket.write("<1>b\n");
  await vi.waitFor(() => expect(messages).toEqual(["<1>a", "<1>b"]));
});

it.each([
  ["an idle sender", { idleTimeoutMs: 50 }, "<1>a\n", ["closed idle"]],
  ["a message that does not arrive whole", { messageTimeoutMs: 50 }, "<1>a", ["message-timeout", "closed fault"]],
  ["more than the listener may hold", { maxBufferedBytes: 10 }, `<1>${"x".repeat(20)}`, ["memory", "closed fault"]],
])("TCP: %s is closed", async (_, limits, text, expected) => {
  const { port, events } = await listen({ ...tcp, limits });
  const socket = connect(port);
  socket.write(text);
  await closed(socket);
  await vi.waitFor(() => expect(events).toEqual(expected));
});

it("TCP: connections beyond the limit are refused", async () => {
  const { port, messages, events } = await listen({ ...tcp, limits: { maxConnections: 1 } });
  const first = connect(port);
  first.write("<1>a\n");
  await vi.waitFor(() => expect(messages).toEqual(["<1>a"]));
  await closed(connect(port));
  expect(events).toEqual(["refused connections"]);
});

it("TCP: draining takes what was sent, tells the senders and ends", async () => {
  const { port, messages, events, server } = await listen(tcp);
  const socket = connect(port);
  await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
  socket.write("<1>a\n");
  socket.once("end", () => socket.end("<1>last\n"));
  socket.resume();
  await vi.waitFor(() => expect(messages).toEqual(["<1>a"]));
  await server.drain(5000);
  expect(messages).toEqual(["<1>a", "<1>last"]);
  await vi.waitFor(() => expect(events).toEqual(["closed drain"]));
});

it("TCP: with TLS, and clients without a certificate refused where one is wanted", async () => {
  const folder = mkdtempSync(join(tmpdir(), "mixdown-syslog-"));
  const authority = createAuthority(folder);
  const server = authority.issue("server", ["IP:127.0.0.1"]);
  const client = authority.issue("client", ["URI:spiffe://mesh/web"]);
  const { cert, key, ca } = server;
  const open = await listen({ ...tcp, tls: { cert, key } });
  const mutual = await listen({ ...tcp, tls: { cert, key, clientCa: ca, requireClientCert: true } });
  const { readFileSync } = await import("node:fs");
  const pem = (file: string) => readFileSync(file);
  const send = (port: number, own: object) => {
    const socket = connectTls({ host: "127.0.0.1", port, ca: pem(authority.ca), ...own }, () => socket.end("<1>a\n"));
    sockets.push(socket.on("error", () => {}));
    return closed(socket);
  };
  await send(open.port, {});
  await send(mutual.port, {});
  await send(mutual.port, { cert: pem(client.cert), key: pem(client.key) });
  await vi.waitFor(() => expect([open.messages, mutual.messages]).toEqual([["<1>a"], ["<1>a"]]));
  expect(mutual.events).toContain("refused no-certificate");
  connect(open.port).write("plain text\n");
  await vi.waitFor(() => expect(open.events).toContain("refused tls"));
  rmSync(folder, { recursive: true });
});

it("UDP: each datagram is a message; those too large are dropped", async () => {
  const { port, messages, events } = await listen(udp);
  await sendTo(port, ["<1>a", "x".repeat(101), "<1>b\n<1>c", ""]);
  await vi.waitFor(() => expect(messages).toEqual(["<1>a", "<1>b\n<1>c", ""]));
  expect(events).toEqual(["message-size"]);
});

it("UDP: while the sink is busy datagrams wait, as far as memory goes, and draining takes them", async () => {
  const gates: (() => void)[] = [];
  const busy = () => new Promise<void>((resolve) => gates.push(resolve));
  const { port, messages, events, server } = await listen({ ...udp, limits: { maxBufferedBytes: 8 } }, busy);
  await sendTo(port, ["<1>a"]);
  await vi.waitFor(() => expect(messages).toEqual(["<1>a"]));
  await sendTo(port, ["<1>b", "<1>c", "<1>d"]);
  await vi.waitFor(() => expect(events).toEqual(["memory"]));
  expect(messages).toEqual(["<1>a"]);
  const drained = server.drain(1000);
  gates.shift()?.();
  await vi.waitFor(() => expect(messages).toEqual(["<1>a", "<1>b", "<1>c"]));
  gates.shift()?.();
  await drained;
});

it("UDP over IPv6", async () => {
  const { address } = await listen(udp, undefined, "[::1]:0");
  expect(address).toMatch(/^\[::1\]:\d+$/);
});

it.each([tcp, udp])("an address that is taken is told: %j", async (settings) => {
  const { address } = await listen(settings);
  await expect(listen(settings, undefined, address)).rejects.toThrow(HubError);
  await expect(listen(settings, undefined, address)).rejects.toThrow(`cannot listen on ${address}`);
});
