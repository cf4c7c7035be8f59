import type { FastifyInstance } from "fastify";
import type { ListenerConfig } from "../../config/schema.ts";
import { discardRest } from "../../transport/http-body.ts";
import { HttpError } from "../../transport/http-error.ts";
import { MemoryLedger } from "../../transport/memory.ts";
import { defineReceiver, type ReceiverHost } from "../receiver.ts";
import { takeReport } from "./take-report.ts";

const source = "report";
const path = "/v1/report";
const otherMethods = ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** Takes records by attribute name as JSON over HTTP: `POST /v1/report`. */
export const jsonReport = defineReceiver({
  type: "json-report",
  source,
  summary: "JSON over HTTP, POST /v1/report: attributes by name.",
  services: [],
  open: (host) => ({
    methods: () => new Map(),
    mount: (server, listener) => mountReport(server, listener, host),
  }),
});

function mountReport(server: FastifyInstance, { limits }: ListenerConfig, host: ReceiverHost): void {
  const body = { maxBytes: limits.maxMessageBytes, memory: new MemoryLedger(limits.maxBufferedBytes) };
  server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    // Bodies are read as they come, below, so that gzip is undone within bounds.
    scope.addContentTypeParser("*", (_request, _payload, done) => done(null));
    scope.post(path, async (request) => {
      try {
        return await takeReport(source, request.raw, body, host);
      } catch (error) {
        discardRest(request.raw);
        throw error;
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
  });
}
