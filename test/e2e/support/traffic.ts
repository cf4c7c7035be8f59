import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { connect as connectTcp } from "node:net";

/** One way in to a proxy, kept open between requests. */
export interface HttpClient {
  /** Sends GET and gives the status; the body is read to its end. */
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<number>;
  close(): void;
}

/** HTTP/1.1 over up to `connections` kept-alive connections. */
export function http1Client(port: number, connections = 4): HttpClient {
  const agent = new HttpAgent({ keepAlive: true, maxSockets: connections });
  return {
    get: (path, headers = {}) =>
      new Promise((resolve, reject) => {
        httpRequest({ host: "127.0.0.1", port, path, headers, agent }, (response) => {
          response.resume().on("end", () => resolve(response.statusCode ?? 0));
        })
          .on("error", reject)
          .end();
      }),
    close: () => agent.destroy(),
  };
}

/** HTTP/2 in clear text over one connection. */
export function http2Client(port: number): HttpClient {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  session.on("error", () => {});
  return {
    get: (path, headers = {}) =>
      new Promise((resolve, reject) => {
        const stream = session.request({ ":path": path, ...headers }, { endStream: true });
        let status = 0;
        stream.on("response", (answer) => {
          status = Number(answer[":status"]);
        });
        stream
          .on("error", reject)
          .on("end", () => resolve(status))
          .resume();
      }),
    close: () => session.close(),
  };
}

/** A gRPC client that sends unary calls of two bytes. */
export interface GrpcClient {
  /** Asks for a status of the upstream (see startGrpc) and gives the one that came back. */
  call(status: number, options?: { trailersOnly?: boolean }): Promise<number>;
  close(): void;
}

/** gRPC over cleartext HTTP/2, to `/pkg.Service/Method`. */
export function grpcClient(port: number, authority = `127.0.0.1:${port}`): GrpcClient {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  session.on("error", () => {});
  return {
    call: (status, { trailersOnly = false } = {}) => unaryCall(session, authority, status, trailersOnly),
    close: () => session.close(),
  };
}

function unaryCall(
  session: ClientHttp2Session,
  authority: string,
  status: number,
  trailersOnly: boolean,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ":method": "POST",
      ":authority": authority,
      ":path": "/pkg.Service/Method",
      "content-type": "application/grpc",
      te: "trailers",
      "x-grpc-status": String(status),
      ...(trailersOnly && { "x-trailers-only": "1" }),
    });
    let answer = Number.NaN;
    const take = (headers: { "grpc-status"?: string | string[] | undefined }) => {
      if (headers["grpc-status"] !== undefined) answer = Number(headers["grpc-status"]);
    };
    stream.on("response", take).on("trailers", take);
    stream
      .on("error", reject)
      .on("end", () => resolve(answer))
      .resume();
    stream.end(Buffer.from([0, 0, 0, 0, 2, 8, 1]));
  });
}

/** Opens a connection, sends `bytes` bytes, reads as many back and closes; gives the bytes read. */
export function tcpExchange(port: number, bytes: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let read = 0;
    const socket = connectTcp(port, "127.0.0.1", () => {
      if (bytes === 0) socket.end();
      else socket.write(Buffer.alloc(bytes, "x"));
    });
    socket.on("data", (chunk) => {
      read += chunk.length;
      if (read >= bytes) socket.end();
    });
    socket.on("error", reject).on("close", () => resolve(read));
  });
}

/** Opens a connection that the proxy is going to close, and waits for that. */
export function tcpRefused(port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connectTcp(port, "127.0.0.1");
    socket
      .on("error", () => {})
      .on("close", () => resolve())
      .resume();
  });
}

/** Sends GET and goes away before an answer: the proxy sees its client disconnect. */
export function abandonedGet(port: number, path: string, afterMs = 100): Promise<void> {
  return new Promise((resolve) => {
    const socket = connectTcp(port, "127.0.0.1", () => {
      socket.write(`GET ${path} HTTP/1.1\r\nhost: gone.example\r\n\r\n`);
      setTimeout(() => socket.destroy(), afterMs);
    });
    socket.on("error", () => {}).on("close", () => resolve());
  });
}

/** Runs `task` `times` times, at most `atOnce` at a time, and gives the results in order. */
export async function repeat<T>(times: number, atOnce: number, task: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < times; index = next++) results[index] = await task(index);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}
