import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ConnectOptions, connectByKafkajs } from "./connect.ts";

let server: Server;
let sockets: Socket[];

/** A server that takes connections and never says anything. */
beforeEach(async () => {
  sockets = [];
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  if (server.listening) await new Promise((resolve) => server.close(resolve));
});

function connect(options: Partial<ConnectOptions> = {}) {
  const { port } = server.address() as AddressInfo;
  const lines: string[] = [];
  const connection = connectByKafkajs({
    clientId: "test",
    tls: () => undefined,
    sasl: undefined,
    acks: -1,
    ackTimeoutMs: 1000,
    codec: { number: 0 },
    log: ({ log }) => void lines.push(log.message),
    ...options,
  })({ host: "127.0.0.1", port });
  return { connection, lines, port };
}

describe("a connection", () => {
  it("to where nobody listens rejects, and says so in the log", async () => {
    const { connection, lines, port } = connect();
    await new Promise((resolve) => server.close(resolve));
    await expect(connection.open()).rejects.toThrow(`ECONNREFUSED 127.0.0.1:${port}`);
    expect(lines).toEqual([`Connection error: connect ECONNREFUSED 127.0.0.1:${port}`]);
  });

  it("that is given up while it opens rejects at once, without a word", async () => {
    const { connection, lines } = connect();
    const opening = connection.open();
    await once(server, "connection");
    connection.destroy();
    await expect(opening).rejects.toThrow("given up");
    await once(sockets[0]!, "close");
    expect(lines).toEqual([]);
  });

  it("that was given up does not come back", async () => {
    const { connection } = connect();
    connection.destroy();
    await expect(connection.open()).rejects.toThrow("given up");
    expect(sockets).toEqual([]);
  });

  it("whose TLS files cannot be read is none", () => {
    const tls = () => {
      throw new Error("tls.ca: no such file");
    };
    expect(() => connect({ tls })).toThrow("tls.ca: no such file");
  });
});
