import type { IncomingMessage } from "node:http";
import type { FastifyInstance } from "fastify";
import type { Json } from "../../../schemas/model/access-log.ts";
import type { ListenerConfig } from "../../config/schema.ts";
import { createJsonScanner } from "../../decode/json-report/scan.ts";
import { readBody } from "../../transport/http-body.ts";
import { HttpError } from "../../transport/http-error.ts";
import { MemoryLedger } from "../../transport/memory.ts";
import { mountPosts } from "../post-route.ts";
import { defineReceiver, type ReceiverHost } from "../receiver.ts";
import { toAnswer } from "./answer.ts";

const source = "check";

/** Levels of lists and objects, as in reports; a parser that recurses over millions of them would hold every other check up. */
const maxDepth = 32;

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
  const answer = async (request: IncomingMessage) => {
    const { bytes, release } = await readBody(request, body);
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
  };
  const take = async (request: IncomingMessage) => {
    try {
      return await answer(request);
    } catch (error) {
      if (error instanceof HttpError) events.decodeError(source, `message_${error.code.toLowerCase()}`);
      throw error;
    }
  };
  mountPosts(server, [{ path: "/v1/check", take }]);
}

/** The attributes of `{"attributes": {...}}`. Throws an HttpError (400) for anything else. */
function parseQuestion(text: string): Json {
  let value: Json;
  try {
    const scanner = createJsonScanner(text, maxDepth);
    scanner.endOfValue(scanner.skipSpace(0));
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
