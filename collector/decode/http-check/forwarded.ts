import type { Headers } from "./headers.ts";

/** The request that a proxy asks about, as far as headers tell. */
export interface Forwarded {
  readonly method: string;
  /** With query. */
  readonly path: string;
  readonly host: string | undefined;
  readonly scheme: string | undefined;
  /** Who connected to the asking proxy: it wrote the last address of x-forwarded-for. */
  readonly clientIp: string | undefined;
}

const methodHeaders = ["x-forwarded-method", "x-original-method"];
const pathHeaders = ["x-forwarded-uri", "x-original-uri", "x-original-url"];

/**
 * Reads X-Forwarded-* (Traefik, Caddy) or X-Original-* (nginx, ingress-nginx). A proxy that writes the one kind may pass the other on from its
 * client, so the two must agree: else a client could choose which request is decided on. Gives the problem as text.
 */
export function readForwarded(headers: Headers, askedBy: string): Forwarded | string {
  const methods = different(methodHeaders.flatMap((name) => headers.values(name)));
  const targets = pathHeaders.flatMap((name) => headers.values(name).map(splitTarget));
  const paths = different(targets.map(({ path }) => path));
  const [path] = paths;
  if (path === undefined || !path.startsWith("/"))
    return "expected the path of the request in X-Forwarded-Uri or X-Original-URI, such as /orders?page=2";
  if (paths.length > 1 || methods.length > 1)
    return `${[...pathHeaders, ...methodHeaders].join(", ")} tell of different requests: let the proxy set or remove each of them`;
  const absolute = targets.find(({ host }) => host !== undefined);
  const { map } = headers;
  return {
    method: methods[0] ?? askedBy,
    path,
    host: absolute?.host ?? lastOf(map.get("x-forwarded-host")) ?? map.get("host"),
    scheme: absolute?.scheme ?? lastOf(map.get("x-forwarded-proto")),
    clientIp: lastOf(map.get("x-forwarded-for")),
  };
}

const different = (texts: readonly string[]): readonly string[] => [...new Set(texts)];

/** Takes `https://host/path` apart; a path stays one. */
function splitTarget(target: string): { path: string; host?: string | undefined; scheme?: string | undefined } {
  const [, scheme, host, rest = ""] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/i.exec(target) ?? [];
  if (scheme === undefined) return { path: target };
  return { path: rest.startsWith("/") ? rest : `/${rest}`, host, scheme: scheme.toLowerCase() };
}

/** The last of a list: what the nearest proxy wrote. */
function lastOf(list: string | undefined): string | undefined {
  return list?.slice(list.lastIndexOf(",") + 1).trim() || undefined;
}
