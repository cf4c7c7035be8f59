import { METHODS } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ProxiedCheck } from "../../../schemas/model/check-request.ts";
import type { ListenerConfig } from "../../config/schema.ts";
import { isGrpcRequest } from "../../decode/http-check/is-grpc.ts";
import { type HttpQuestion, readForwardAuth, readHttpService } from "../../decode/http-check.ts";
import { discardRest, readBody } from "../../transport/http-body.ts";
import { HttpError } from "../../transport/http-error.ts";
import { MemoryLedger } from "../../transport/memory.ts";
import { checkListenerOf, type ReceiverHost } from "../receiver.ts";
import { DEFAULT_WAIT_MS } from "./grpc.ts";
import { toHttpAnswer } from "./http-answer.ts";

/** A way of asking over HTTP. */
interface Front {
  readonly prefixes: readonly string[];
  read(question: HttpQuestion): ProxiedCheck | string;
  /** 5xx means to the proxy that the hub failed. */
  readonly fails5xx: boolean;
  /** Milliseconds that the proxy waits. */
  waitsMs(request: FastifyRequest): number;
}

/** Node answers CONNECT elsewhere. */
const anyMethod = METHODS.filter((method) => method !== "CONNECT");

/** Adds the paths under which proxies ask over HTTP, for every method. */
export function mountChecks(
  server: FastifyInstance,
  listener: ListenerConfig,
  source: string,
  host: ReceiverHost,
): void {
  const { extAuthz, forwardAuth } = listener.checkPaths;
  for (const method of anyMethod)
    if (!server.supportedMethods.includes(method)) server.addHttpMethod(method, { hasBody: true });
  const fronts: readonly Front[] = [
    { prefixes: extAuthz, read: readHttpService, fails5xx: true, waitsMs: envoyWaits },
    // Its headers are the client's as well, who must not say how long the hub has.
    { prefixes: forwardAuth, read: readForwardAuth, fails5xx: false, waitsMs: () => DEFAULT_WAIT_MS },
  ];
  const { limits } = listener;
  const body = {
    maxBytes: limits.maxMessageBytes,
    memory: new MemoryLedger(limits.maxBufferedBytes),
    asIs: true,
  } as const;
  server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, _payload, done) => done(null));
    for (const front of fronts)
      for (const url of front.prefixes)
        scope.route({
          ...{ method: anyMethod, url, exposeHeadRoute: false },
          handler: (request, reply) => take(request, reply, url, front),
        });
  });

  async function take(request: FastifyRequest, reply: FastifyReply, prefix: string, front: Front): Promise<unknown> {
    try {
      const { bytes, release } = await readBody(request.raw, body);
      try {
        events.message(source, bytes.length);
        return await answer(request, reply, front, front.read(questionOf(request, prefix, bytes)));
      } finally {
        release();
      }
    } catch (error) {
      if (error instanceof HttpError) events.decodeError(source, `message_${error.code.toLowerCase()}`);
      discardRest(request.raw);
      throw error;
    }
  }

  const { intake, events, now } = host;
  const trust = checkListenerOf(listener);
  const questionOf = ({ raw, originalUrl }: FastifyRequest, prefix: string, bytes: Buffer): HttpQuestion => ({
    method: raw.method ?? "GET",
    path: originalUrl.slice(prefix.length),
    ...{ rawHeaders: raw.rawHeaders, body: bytes, nowMs: now(), listener: trust },
  });

  async function answer(request: FastifyRequest, reply: FastifyReply, front: Front, check: ProxiedCheck | string) {
    if (typeof check === "string") throw new HttpError(400, "NOT_A_CHECK", check);
    const receipt = await intake.check({ check, byDefault: listener.default, waitsMs: front.waitsMs(request) });
    if ("problem" in receipt) throw new HttpError(400, "NOT_A_CHECK", receipt.problem.error);
    const style = { fails5xx: front.fails5xx, isGrpc: isGrpcRequest(check) };
    const { status, headers, body: text } = toHttpAnswer(receipt.verdict, style);
    return reply.code(status).headers(headers).send(text);
  }
}

/** Envoy says how long it waits. */
function envoyWaits({ headers }: FastifyRequest): number {
  const ms = Number(headers["x-envoy-expected-rq-timeout-ms"]);
  return Number.isFinite(ms) && ms > 0 ? ms : DEFAULT_WAIT_MS;
}
