import type { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyReply } from "fastify";
import { discardRest } from "../transport/http-body.ts";
import { HttpError } from "../transport/http-error.ts";

const otherMethods = ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** A path that takes bodies. */
export interface PostRoute {
  readonly path: string;
  /** Reads the body and gives the answer. */
  take(request: IncomingMessage, reply: FastifyReply): Promise<unknown>;
  /** How errors are answered, if not in the hub's form. */
  fail?(error: unknown, request: IncomingMessage, reply: FastifyReply): unknown;
}

/** Adds paths that take POST only. Bodies are read by the route as they come, so that compression is undone within bounds. */
export function mountPosts(server: FastifyInstance, routes: readonly PostRoute[]): void {
  server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, _payload, done) => done(null));
    for (const route of routes) mountPost(scope, route);
  });
}

function mountPost(scope: FastifyInstance, { path, take, fail }: PostRoute): void {
  scope.post(path, async (request, reply) => {
    try {
      return await take(request.raw, reply);
    } catch (error) {
      discardRest(request.raw);
      if (fail === undefined) throw error;
      return fail(error, request.raw, reply);
    }
  });
  scope.route({
    method: otherMethods,
    url: path,
    exposeHeadRoute: false,
    handler: async (request, reply) => {
      reply.header("allow", "POST");
      throw new HttpError(405, "METHOD_NOT_ALLOWED", `${request.method} ${path} is not possible: expected POST`);
    },
  });
}
