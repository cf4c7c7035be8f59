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
    const { code = "BAD_REQUEST", message, details } = error;
    if (status < 500 || status === 503) return reply.code(status).send(toErrorBody(code, message, details));
    onFault(error, request.url);
    return reply.code(status).send(toErrorBody("INTERNAL", "the hub failed to answer; its log says why"));
  });
}
