import { connect } from "node:net";
import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createHttpServer } from "./server.ts";

describe("what is no request that a route could see", () => {
  let server: FastifyInstance;
  let port: number;

  beforeEach(async () => {
    const limits = { maxMessageBytes: 1000, maxHeaderBytes: 4096, maxConnections: 10 };
    server = createHttpServer({ limits, tls: undefined, onFault() {} });
    server.get("/fine", async () => ({ fine: true }));
    server.get("/broken", async () => {
      throw new Error("secret");
    });
    const address = new URL(await server.listen({ host: "127.0.0.1", port: 0 }));
    port = Number(address.port);
  });
  afterEach(() => server.close());

  /** Everything that comes back for these bytes, until the server closes. */
  function exchange(bytes: string): Promise<string> {
    return new Promise((resolve, reject) => {
      let answer = "";
      const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
      socket.setEncoding("utf8");
      socket.on("data", (chunk) => {
        answer += chunk;
      });
      socket.on("error", reject);
      socket.on("close", () => resolve(answer));
    });
  }

  it.each([
    [
      "a path that is too long",
      `GET /fine?${"x".repeat(10_000)} HTTP/1.1\r\nhost: a\r\n\r\n`,
      431,
      "exceed 4096 bytes",
    ],
    ["headers that are too long", `GET /fine HTTP/1.1\r\nhost: a\r\nx: ${"x".repeat(10_000)}\r\n\r\n`, 431, "exceed"],
    ["something else", "EHLO there\r\n\r\n", 400, "no HTTP/1.1 request"],
    ["TLS", "\u0016\u0003\u0001\u0000\u0005hello", 400, "no HTTP/1.1 request"],
  ])("%s is answered in the form of all errors, and the connection ends", async (_what, bytes, status, message) => {
    const [head = "", body = ""] = (await exchange(bytes)).split("\r\n\r\n");
    expect(head.split("\r\n")[0]).toMatch(new RegExp(`^HTTP/1.1 ${status} \\w`));
    expect(head.toLowerCase()).toContain("connection: close");
    expect(head.toLowerCase()).toContain(`content-length: ${Buffer.byteLength(body)}`);
    expect(JSON.parse(body)).toEqual({
      error: { code: "BAD_REQUEST", message: expect.stringContaining(message), details: [] },
    });
  });

  it("a fault of the hub's own is not told", async () => {
    const { statusCode, body } = await server.inject("/broken");
    expect([statusCode, JSON.parse(body).error.code]).toEqual([500, "INTERNAL"]);
    expect(body).not.toContain("secret");
  });
});
