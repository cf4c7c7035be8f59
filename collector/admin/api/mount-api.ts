import compress from "@fastify/compress";
import swagger from "@fastify/swagger";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { noTracer, type WorkTracer, within } from "../../../schemas/model/traced-work.ts";
import { ApiError } from "./api-error.ts";
import { boundQueries, type QueryBounds } from "./bounded-queries.ts";
import { type DecisionQueries, decisionRoutes } from "./decision-routes.ts";
import { type HubState, hubRoutes } from "./hub-routes.ts";
import { writeJson } from "./json-pieces.ts";
import { apiRoot, openApiOptions } from "./openapi.ts";
import type { ApiRoute } from "./route.ts";
import { sendBody } from "./send-answer.ts";
import { type StatsQueries, statsRoutes } from "./stats-routes.ts";

/** What the API tells of. */
export interface ApiOptions extends HubState {
  /** Undefined where statistics are off. */
  readonly stats: StatsQueries | undefined;
  readonly decisions: DecisionQueries;
  readonly bounds: QueryBounds;
  /** Traces queries of statistics. */
  readonly tracer?: WorkTracer | undefined;
  /** Milliseconds since the epoch. */
  now(): number;
}

const readers = "GET, HEAD, OPTIONS";
/** Smaller answers fit a packet. */
const compressFrom = 1400;

/** Adds everything below /api/v1, all of it to be read only. No other origin's page may read it: there are no CORS headers. */
export function mountApi(server: FastifyInstance, options: ApiOptions): void {
  const stats = boundQueries(options.stats ?? statsOff, options.bounds);
  const { decisions, tracer = noTracer, now } = options;
  const routes = [...statsRoutes(stats, now), ...decisionRoutes(decisions, now), ...hubRoutes(options)];
  server.register(async (scope) => {
    await scope.register(compress, {
      encodings: ["gzip"],
      threshold: compressFrom,
      syncThreshold: 0,
      globalDecompression: false,
    });
    await scope.register(swagger, openApiOptions(routes));
    scope.addHook("onError", async (_request, reply, error) => {
      if (error instanceof ApiError && error.code === "BUSY") reply.header("retry-after", "1");
    });
    for (const route of routes)
      mountRoute(scope, route.path.startsWith("/stats/") ? tracedRoute(route, tracer) : route);
    mountDocument(scope);
  });
}

/** A route whose answers are traced work. */
function tracedRoute(route: ApiRoute, tracer: WorkTracer): ApiRoute {
  const path = apiRoot + route.path;
  return {
    ...route,
    async read(query) {
      const work = tracer.start(`query ${path}`, "server");
      if (work === undefined) return route.read(query);
      return within(
        work,
        () => route.read(query),
        () => ({ facts: { "http.route": path } }),
      );
    },
  };
}

function mountRoute(scope: FastifyInstance, route: ApiRoute): void {
  const url = apiRoot + route.path;
  scope.get(url, async (request, reply) => {
    const { value, table } = await route.read(request.query);
    if (table === undefined) return sendJson(request, reply, value);
    return sendBody(request, reply, { type: "text/plain; charset=utf-8", bytes: Buffer.from(table) });
  });
  refuseOthers(scope, url);
}

function mountDocument(scope: FastifyInstance): void {
  const url = `${apiRoot}/openapi.json`;
  scope.get(url, { schema: { hide: true } }, (request, reply) => sendJson(request, reply, scope.swagger()));
  refuseOthers(scope, url);
}

async function sendJson(request: FastifyRequest, reply: FastifyReply, value: object): Promise<FastifyReply> {
  return sendBody(request, reply, { type: "application/json; charset=utf-8", bytes: await writeJson(value) });
}

/** Says what a path takes, before any body is looked at. */
function refuseOthers(scope: FastifyInstance, url: string): void {
  scope.route({
    method: ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
    url,
    schema: { hide: true },
    onRequest: async (request, reply) => {
      reply.header("allow", readers);
      if (request.method === "OPTIONS") return reply.code(204).send();
      throw new ApiError("METHOD_NOT_ALLOWED", `${request.method} is not allowed here: ${readers} are`);
    },
    handler: async () => undefined,
  });
}

const off = () =>
  Promise.reject(new ApiError("UNAVAILABLE", "statistics are off: `stats` is null in the configuration"));
const statsOff: StatsQueries = { services: off, edges: off, timeseries: off, values: off };
