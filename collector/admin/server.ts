import type { TlsOptions } from "node:tls";
import Fastify, { type FastifyInstance } from "fastify";
import { type ApiOptions, mountApi } from "./api/mount-api.ts";
import { answerClientError, toErrorBody, useErrorBodies } from "./http-errors.ts";
import type { MetricsPages } from "./metrics-pages.ts";

/** What the admin listener shows. */
export interface AdminOptions {
  readonly metrics: MetricsPages;
  /** Whether the hub takes traffic: open and not draining. */
  ready(): boolean;
  readonly api: ApiOptions;
}

/** Adds the admin routes: `/metrics`, `/livez` (the process answers), `/readyz` (it takes traffic) and `/api/v1`. */
export function mountAdmin(server: FastifyInstance, { metrics, ready, api }: AdminOptions): void {
  metrics.mount(server);
  mountApi(server, api);
  server.get("/livez", async () => ({ status: "ok" }));
  server.get("/readyz", async (_request, reply) =>
    ready() ? { status: "ready" } : reply.code(503).send(toErrorBody("NOT_READY", "the hub is starting or draining")),
  );
}

/** How a listener's settings shape its HTTP server. */
export interface HttpServerOptions {
  readonly limits: {
    readonly maxMessageBytes: number;
    readonly maxHeaderBytes: number;
    readonly maxConnections: number;
  };
  /** For HTTPS. */
  readonly tls: TlsOptions | undefined;
  /** Paths whose routes take everything beneath them, as `request.originalUrl` has it: what follows is no route, and may be anything. */
  readonly prefixes?: readonly string[];
  onFault(error: unknown, url: string): void;
}

/** An HTTP server with the hub's form of errors and limits against slow or idle clients. */
export function createHttpServer({ limits, tls, prefixes = [], onFault }: HttpServerOptions): FastifyInstance {
  const http = { maxHeaderSize: limits.maxHeaderBytes };
  const server = Fastify({
    ...(tls === undefined ? { http } : { https: { ...tls, ...http } }),
    bodyLimit: limits.maxMessageBytes,
    requestTimeout: 60_000,
    connectionTimeout: 120_000,
    keepAliveTimeout: 75_000,
    forceCloseConnections: "idle",
    routerOptions: { maxParamLength: 1024 },
    rewriteUrl: ({ url = "/" }) => prefixes.find((prefix) => isBeneath(url, prefix)) ?? url,
    clientErrorHandler: (error, socket) => answerClientError(error, socket, limits.maxHeaderBytes),
  });
  server.server.maxConnections = limits.maxConnections;
  useErrorBodies(server, onFault);
  return server;
}

function isBeneath(url: string, prefix: string): boolean {
  if (!url.startsWith(prefix)) return false;
  const next = url[prefix.length];
  return next === undefined || next === "/" || next === "?";
}
