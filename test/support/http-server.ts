import { readFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { buffer } from "node:stream/consumers";
import { afterAll } from "vitest";
import type { Identity } from "./certificates.ts";

/** A request as it reached a server for tests. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer<ArrayBuffer>;
}

/** A running server for tests. */
export interface TestServer {
  readonly url: string;
  readonly received: readonly ReceivedRequest[];
  /** Connections that were made to it. */
  connections(): number;
  close(): Promise<void>;
}

/** Listens on a free port of loopback, reads each request whole, and lets `answer` write the answer; with a certificate it speaks TLS. Closed after the file's tests. */
export async function startServer(
  answer: (request: ReceivedRequest, response: ServerResponse, socket: IncomingMessage["socket"]) => void,
  certificate?: Identity,
): Promise<TestServer> {
  const received: ReceivedRequest[] = [];
  let connections = 0;
  const onRequest = async (message: IncomingMessage, response: ServerResponse) => {
    const { method = "", url = "", headers, socket } = message;
    const request = { method, path: url, headers, body: await buffer(message) };
    received.push(request);
    answer(request, response, socket);
  };
  const server =
    certificate === undefined
      ? createServer(onRequest)
      : createTlsServer({ key: readFileSync(certificate.key), cert: readFileSync(certificate.cert) }, onRequest);
  server.on("connection", () => connections++);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("listens on no port");
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  afterAll(close);
  return {
    url: `${certificate === undefined ? "http" : "https"}://127.0.0.1:${address.port}`,
    received,
    connections: () => connections,
    close,
  };
}
