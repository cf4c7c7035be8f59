import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";

/** The body of every error over HTTP. */
export interface ErrorBody {
  readonly error: { readonly code: string; readonly message: string; readonly details: readonly unknown[] };
}

/** Makes an error body. */
export function toErrorBody(code: string, message: string, details: readonly unknown[] = []): ErrorBody {
  return { error: { code, message, details } };
}

/** What routes and fastify throw; a fault without a status is one of ours. */
interface HttpFault extends Error {
  readonly statusCode?: number;
  readonly code?: string;
  readonly details?: readonly unknown[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** Gives a server the hub's form of errors: `{"error":{code,message,details}}`, never a stack. */
export function useErrorBodies(server: FastifyInstance, onFault: (error: unknown, url: string) => void): void {
  server.setNotFoundHandler((request, reply) =>
    reply
      .code(404)
      .send(toErrorBody("NOT_FOUND", `there is nothing at ${request.method} ${request.url.split("?")[0]}`)),
  );
  server.setErrorHandler((error: HttpFault, request, reply) => {
    const status = error.statusCode ?? 500;
    const { code = "BAD_REQUEST", message, details, headers = {} } = error;
    if (status < 500 || status === 503)
      return reply
        .code(status)
        .headers(headers)
        .send(toErrorBody(code, message, details));
    onFault(error, request.url);
    return reply.code(status).send(toErrorBody("INTERNAL", "the hub failed to answer; its log says why"));
  });
}

/** Answers what is no request that a route could see, and closes the connection. */
export function answerClientError(
  { code }: { readonly code?: string | undefined },
  socket: Socket,
  maxHeaderBytes: number,
): void {
  if (code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, message } = clientFault(code, maxHeaderBytes);
  const body = JSON.stringify(toErrorBody("BAD_REQUEST", message));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "content-type: application/json; charset=utf-8",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}

function clientFault(code: string | undefined, maxHeaderBytes: number): { status: number; message: string } {
  if (code === "HPE_HEADER_OVERFLOW")
    return { status: 431, message: `the path with its parameters and the headers exceed ${maxHeaderBytes} bytes` };
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return { status: 408, message: "the request took too long to arrive" };
  return { status: 400, message: "this is no HTTP/1.1 request" };
}
