import type { Json } from "../../schemas/model/access-log.ts";
import type { CheckListener, ProxiedCheck } from "../../schemas/model/check-request.ts";
import { parseIp } from "../../schemas/model/ip.ts";
import type { Int64, Timestamp } from "../../schemas/model/value.ts";
import { type Forwarded, readForwarded } from "./http-check/forwarded.ts";
import { readHeaders } from "./http-check/headers.ts";

/** A question of a proxy over HTTP. */
export interface HttpQuestion {
  readonly method: string;
  /** As on the request line, without the prefix of the listener. */
  readonly path: string;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  readonly listener: CheckListener;
}

/** Reads what Envoy's ext_authz filter asks an HTTP service: method, path and headers are those of the request. */
export function readHttpService(question: HttpQuestion): ProxiedCheck {
  const { map } = readHeaders(question.rawHeaders);
  const { method, path } = question;
  return new HttpCheck(question, map, {
    ...{ method, path: path.startsWith("/") ? path : `/${path}`, host: map.get("host") },
    ...{ scheme: map.get("x-forwarded-proto"), clientIp: undefined },
  });
}

/** Reads what nginx, Traefik, Caddy and others ask: the request is in X-Forwarded-* or X-Original-*. Gives the problem as text. */
export function readForwardAuth(question: HttpQuestion): ProxiedCheck | string {
  const headers = readHeaders(question.rawHeaders);
  const forwarded = readForwarded(headers, question.method);
  return typeof forwarded === "string" ? forwarded : new HttpCheck(question, headers.map, forwarded);
}

/** A request as a proxy described it over HTTP, which tells less than Envoy's own protocol. */
class HttpCheck implements ProxiedCheck {
  readonly kind = "ext_authz";
  readonly isHttp = true;
  readonly listener: CheckListener;
  readonly headers: ReadonlyMap<string, string> | undefined;
  readonly method: string;
  readonly path: string;
  readonly host: string | undefined;
  readonly scheme: string | undefined;
  readonly sourceIp: string | undefined;
  readonly time: Timestamp;
  readonly size: Int64 | undefined;
  readonly sourcePrincipal: undefined;
  readonly sourceService: undefined;
  readonly destinationIp: undefined;
  readonly destinationPort: undefined;
  readonly destinationPrincipal: undefined;
  readonly destinationLabels: undefined;
  readonly id: undefined;
  readonly protocol: undefined;
  readonly extensions: undefined;
  readonly sni: undefined;
  readonly #body: Buffer;

  constructor({ listener, nowMs, body }: HttpQuestion, headers: ReadonlyMap<string, string>, forwarded: Forwarded) {
    this.listener = listener;
    this.headers = headers.size === 0 ? undefined : headers;
    this.method = forwarded.method;
    this.path = forwarded.path;
    this.host = forwarded.host;
    this.scheme = forwarded.scheme;
    this.sourceIp = forwarded.clientIp === undefined ? undefined : parseIp(forwarded.clientIp);
    this.time = { seconds: Math.floor(nowMs / 1000), nanos: Math.floor(nowMs % 1000) * 1_000_000 };
    this.size = body.length > 0 ? body.length : undefined;
    this.#body = body;
  }

  header(name: string): string | undefined {
    return this.headers?.get(name);
  }

  filterMetadata(): undefined {
    return undefined;
  }

  raw(): Json {
    const { time, method, headers, path, host, scheme, size, sourceIp } = this;
    const body: Json = size === undefined ? {} : { size: Number(size), body: this.#body.toString("utf8") };
    const http: Json = {
      ...{ method, headers: Object.fromEntries(headers ?? []), path },
      ...(host === undefined ? {} : { host }),
      ...(scheme === undefined ? {} : { scheme }),
      ...body,
    };
    const source: Json = sourceIp === undefined ? {} : { address: { socketAddress: { address: sourceIp } } };
    return { attributes: { source, request: { time: { seconds: time.seconds, nanos: time.nanos }, http } } };
  }
}
