import type { FastifyInstance } from "fastify";

/** The body of every error over HTTP. */
export interface ErrorBody {
  readonly error: { readonly code: string; readonly message: string; readonly details: readonly unknown[] };
}

/** Makes an error body. */
export function toErrorBody(code: string, message: string, details: readonly unknown[] = []): ErrorBody {
  return { error: { code, message, details } };
}

/** Gives a server the hub's form of errors: `{"error":{code,message,details}}`, never a stack. */
export function useErrorBodies(server: FastifyInstance, onFault: (error: unknown, url: string) => void): void {
  server.setNotFoundHandler((request, reply) =>
    reply
      .code(404)
      .send(toErrorBody("NOT_FOUND", `there is nothing at ${request.method} ${request.url.split("?")[0]}`)),
  );
  server.setErrorHandler((error: Error & { statusCode?: number; code?: string }, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status < 500) return reply.code(status).send(toErrorBody(error.code ?? "BAD_REQUEST", error.message));
    onFault(error, request.url);
    return reply.code(status).send(toErrorBody("INTERNAL", "the hub failed to answer; its log says why"));
  });
}
