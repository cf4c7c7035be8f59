import type { Json } from "../../schemas/model/access-log.ts";
import { isTimestamp } from "../../schemas/model/value.ts";
import type { Question } from "../checker.ts";
import { parseBody } from "./body.ts";
import { parsePath, parseQuery, queryOf } from "./unescape.ts";

type JsonObject = { readonly [key: string]: Json };

/** Attributes that stand in for what other fronts than Envoy's do not send whole. */
export const envoyReads = [
  ...["source.ip", "source.principal", "destination.ip", "destination.port", "destination.principal"],
  ...["request.time", "request.id", "request.method", "request.headers", "request.path", "request.host"],
  ...["request.scheme", "request.size", "request.http_version"],
];

/** The input document of opa-envoy as JSON text; throws a RequestParseError where opa-envoy would refuse. */
export function toEnvoyInput(question: Question, withBody: boolean): string {
  const raw = (question.raw() as JsonObject | undefined) ?? fromAttributes(question);
  const attributes = objectAt(raw, "attributes");
  const http = objectAt(objectAt(attributes, "request"), "http");
  const principal = objectAt(attributes, "source").principal;
  const path = textAt(http, "path");
  const plain = {
    ...raw,
    version: { ext_authz: "v3", encoding: "protojson" },
    parsed_path: parsePath(path),
    parsed_query: parseQuery(queryOf(path)),
    ...(typeof principal === "string" && principal !== "" && { source_principal: principal }),
  };
  if (!withBody) return JSON.stringify(plain);
  const { json, isTruncated } = parseBody(objectAt(http, "headers"), bodyOf(http));
  return `${JSON.stringify({ ...plain, truncated_body: isTruncated }).slice(0, -1)},"parsed_body":${json}}`;
}

function bodyOf(http: JsonObject): Buffer {
  const body = textAt(http, "body");
  return body === "" ? Buffer.from(textAt(http, "rawBody"), "base64") : Buffer.from(body);
}

/** The same as far as attributes go: there is no body. */
function fromAttributes({ get }: Question): JsonObject {
  const time = get("request.time");
  const headers = get("request.headers");
  const size = get("request.size");
  const peer = (side: "source" | "destination") =>
    present({
      address: present({
        socketAddress: present({
          address: textOf(get(`${side}.ip`)),
          portValue: side === "source" ? undefined : numberOf(get("destination.port")),
        }),
      }),
      principal: textOf(get(`${side}.principal`)),
    });
  const http = present({
    id: textOf(get("request.id")),
    method: textOf(get("request.method")),
    headers: headers instanceof Map ? Object.fromEntries(headers) : undefined,
    path: textOf(get("request.path")),
    host: textOf(get("request.host")),
    scheme: textOf(get("request.scheme")),
    protocol: textOf(get("request.http_version")),
    size: numberOf(size),
  });
  const at = isTimestamp(time)
    ? present({ seconds: time.seconds || undefined, nanos: time.nanos || undefined })
    : undefined;
  return {
    attributes: { source: peer("source"), destination: peer("destination"), request: present({ time: at, http }) },
  };
}

const textOf = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);
const numberOf = (value: unknown): number | undefined => (typeof value === "number" && value !== 0 ? value : undefined);

function objectAt(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

function textAt(object: JsonObject, key: string): string {
  const value = object[key];
  return typeof value === "string" ? value : "";
}

/** An object without the members that are undefined. */
function present(members: Readonly<Record<string, Json | undefined>>): JsonObject {
  return Object.fromEntries(
    Object.entries(members).filter((member): member is [string, Json] => member[1] !== undefined),
  );
}
