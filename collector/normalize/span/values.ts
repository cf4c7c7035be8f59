import { parseIp } from "../../../schemas/model/ip.ts";
import type { SpanValue } from "../../../schemas/model/span.ts";
import { type Int64, toInt64 } from "../../../schemas/model/value.ts";

/** A value of a span as text. Proxies write a dash, or nothing, for what they do not have. */
export function toText(value: SpanValue | undefined): string | undefined {
  if (value === undefined || value === "" || value === "-") return undefined;
  return typeof value === "string" ? value : String(value);
}

/** A value of a span as a count: a whole number not below zero, or decimal text of one. */
export function toCount(value: SpanValue | undefined): Int64 | undefined {
  if (typeof value === "string") return decimal.test(value) ? toInt64(BigInt.asIntN(64, BigInt(value))) : undefined;
  if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  return typeof value === "bigint" && value >= 0n ? value : undefined;
}

const decimal = /^\d{1,18}$/;

/** An address with or without a port; parts that are none are undefined. */
export interface HostPort {
  readonly ip: string | undefined;
  readonly port: number | undefined;
}

/** Reads `ip`, `ip:port`, `[ip]` and `[ip]:port`. */
export function parseHostPort(text: string): HostPort {
  const [, bracketed, dotted, port] = /^(?:\[([^\]]+)\]|([\d.]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const ip = parseIp(bracketed ?? dotted ?? text);
  return { ip, port: port === undefined ? undefined : Number(port) };
}

/** What a URL says. */
export interface UrlParts {
  readonly scheme: string | undefined;
  readonly authority: string | undefined;
  /** With query. */
  readonly path: string | undefined;
}

/** Takes a URL apart as far as it goes; never throws. What has no scheme is a path if it begins like one. */
export function splitUrl(url: string): UrlParts {
  const hash = url.indexOf("#");
  const text = hash < 0 ? url : url.slice(0, hash);
  const colon = text.indexOf("://");
  if (colon < 0) return { scheme: undefined, authority: undefined, path: text.startsWith("/") ? text : undefined };
  const start = colon + 3;
  const end = start + text.slice(start).search(/[/?]|$/);
  const authority = text.slice(start, end);
  const rest = text.slice(end);
  return {
    scheme: text.slice(0, colon) || undefined,
    authority: authority.slice(authority.lastIndexOf("@") + 1) || undefined,
    path: rest === "" || rest.startsWith("?") ? `/${rest}` : rest,
  };
}

const statusNames = [
  ...["OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS"],
  ...["PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED"],
  ...["INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"],
];

/** A gRPC status in decimal: newer conventions write its name. Undefined for any other text. */
export function toGrpcStatus(value: SpanValue | undefined): string | undefined {
  const text = toText(value);
  if (text === undefined || /^\d{1,10}$/.test(text)) return text;
  const code = statusNames.indexOf(text.toUpperCase());
  return code < 0 ? undefined : String(code);
}

/** `1.0`, `1.1`, `2` or `3` of `HTTP/1.1`, `2.0` and the like. */
export function toHttpVersion(text: string | undefined): string | undefined {
  return text?.replace(/^HTTP\//i, "").replace(/^([23])\.0$/, "$1");
}
