import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttp2Server, type Http2Session, type ServerHttp2Stream } from "node:http2";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";

/** A server of the test process that proxies are pointed at. */
export interface Upstream {
  readonly port: number;
  /** Requests or connections that reached it. */
  count(): number;
  close(): Promise<void>;
}

/** Listens on a free port of loopback and, on close, cuts what is still open. */
async function listen(server: Server, count: () => number, cut: () => void): Promise<Upstream> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      cut();
    });
  return { port: (server.address() as AddressInfo).port, count, close };
}

function tcpServer(onConnection: (socket: Socket) => void): Promise<Upstream> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createTcpServer({ noDelay: true }, (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    onConnection(socket);
  });
  return listen(
    server,
    () => connections,
    () => {
      for (const socket of sockets) socket.destroy();
    },
  );
}

/** Sends back whatever comes. */
export const startEcho = () => tcpServer((socket) => socket.pipe(socket));

/** Resets every connection once the first bytes have come. */
export const startResetting = () => tcpServer((socket) => socket.once("data", () => socket.resetAndDestroy()));

/** HTTP/1.1: `/status/N` answers N, `/delay/MS` waits first, anything else is 200; bodies are read to their end. */
export function startHttp(): Promise<Upstream> {
  let requests = 0;
  const server = createHttpServer((request, response) => {
    requests += 1;
    request.resume().on("end", () => answer(request, response));
  });
  server.keepAliveTimeout = 60_000;
  return listen(
    server,
    () => requests,
    () => server.closeAllConnections(),
  );
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const [, kind = "", value = ""] = /^\/(status|delay|patient)\/(\d+)/.exec(request.url ?? "") ?? [];
  const delayMs = kind === "status" ? 0 : Number(value);
  const timer = setTimeout(() => {
    response.writeHead(kind === "status" ? Number(value) : 200, { "content-type": "text/plain" });
    response.end("hello\n");
  }, delayMs);
  response.on("close", () => clearTimeout(timer));
}

/**
 * gRPC over cleartext HTTP/2: the request's x-grpc-status is the answer's grpc-status, in trailers after one message,
 * or in the headers alone where x-trailers-only is set.
 */
export function startGrpc(): Promise<Upstream> {
  const sessions = new Set<Http2Session>();
  let requests = 0;
  const server = createHttp2Server();
  server.on("session", (session) => {
    sessions.add(session);
    session.on("error", () => {}).on("close", () => sessions.delete(session));
  });
  server.on("stream", (stream, headers) => {
    requests += 1;
    const status = String(headers["x-grpc-status"] ?? "0");
    stream.on("error", () => {}).resume();
    stream.on("end", () => answerGrpc(stream, status, headers["x-trailers-only"] !== undefined));
  });
  return listen(
    server,
    () => requests,
    () => {
      for (const session of sessions) session.destroy();
    },
  );
}

function answerGrpc(stream: ServerHttp2Stream, status: string, trailersOnly: boolean): void {
  const head = { ":status": 200, "content-type": "application/grpc" };
  if (trailersOnly) {
    stream.respond({ ...head, "grpc-status": status }, { endStream: true });
    return;
  }
  stream.respond(head, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": status }));
  stream.end(Buffer.from([0, 0, 0, 0, 2, 8, 1]));
}
