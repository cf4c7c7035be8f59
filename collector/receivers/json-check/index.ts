import type { FastifyInstance } from "fastify";
import type { Json } from "../../../schemas/model/access-log.ts";
import type { ListenerConfig } from "../../config/schema.ts";
import { discardRest, readBody } from "../../transport/http-body.ts";
import { HttpError } from "../../transport/http-error.ts";
import { MemoryLedger } from "../../transport/memory.ts";
import { defineReceiver, type ReceiverHost } from "../receiver.ts";
import { toAnswer } from "./answer.ts";

const source = "check";
const path = "/v1/check";
const otherMethods = ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** How long an asker that does not say is taken to wait. */
const WAITS_MS = 10_000;

/** Decides on requests given as attributes by name in JSON: `POST /v1/check`. */
export const jsonCheck = defineReceiver({
  type: "json-check",
  source,
  summary: "Checks as JSON over HTTP, POST /v1/check: attributes by name, and the verdict.",
  services: [],
  open: (host) => ({
    methods: () => new Map(),
    mount: (server, listener) => mountCheck(server, listener, host),
  }),
});

function mountCheck(server: FastifyInstance, listener: ListenerConfig, { intake, events }: ReceiverHost): void {
  const { limits, default: byDefault } = listener;
  const body = { maxBytes: limits.maxMessageBytes, memory: new MemoryLedger(limits.maxBufferedBytes) };
  server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    // Bodies are read as they come, below, so that gzip is undone within bounds.
    scope.addContentTypeParser("*", (_request, _payload, done) => done(null));
    scope.post(path, async (request) => {
      try {
        const { bytes, release } = await readBody(request.raw, body);
        release();
        events.message(source, bytes.length);
        const value = parseQuestion(bytes.toString());
        const { traceparent } = request.headers;
        const receipt = await intake.check({
          check: { kind: "report", value },
          byDefault,
          waitsMs: WAITS_MS,
          traceparent: typeof traceparent === "string" ? traceparent : undefined,
        });
        if ("verdict" in receipt) return toAnswer(receipt.verdict);
        throw new HttpError(400, "NOT_A_CHECK", receipt.problem.error);
      } catch (error) {
        if (error instanceof HttpError) events.decodeError(source, `message_${error.code.toLowerCase()}`);
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

/** The attributes of `{"attributes": {...}}`. Throws an HttpError (400) for anything else. */
function parseQuestion(text: string): Json {
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new HttpError(400, "MALFORMED_JSON", `the body is no JSON: ${(error as Error).message}`);
  }
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  const attributes = isObject ? (value as { readonly attributes?: Json }).attributes : undefined;
  if (attributes === undefined)
    throw new HttpError(
      400,
      "NOT_A_CHECK",
      'expected an object with "attributes", such as {"attributes":{"request.method":"GET"}}',
    );
  return attributes;
}
