import type { Json } from "../../../schemas/model/access-log.ts";
import { spanKind } from "../../../schemas/model/span.ts";
import { toParentId, toSpanId, toTraceId, type ZipkinEndpoint, ZipkinFault, type ZipkinSpan } from "./span.ts";

type Members = { readonly [name: string]: Json };

const kinds: ReadonlyMap<string, number> = new Map([
  ["CLIENT", spanKind.client],
  ["SERVER", spanKind.server],
  ["PRODUCER", spanKind.producer],
  ["CONSUMER", spanKind.consumer],
]);

/** Reads a span of Zipkin v2 in JSON; what has no kind is work within a process. Throws a ZipkinFault. */
export function toZipkinSpan(value: Json): ZipkinSpan {
  const span = objectOf(value, "a span");
  const id = toSpanId(textOf(span, "id"));
  const kind = textOf(span, "kind");
  return {
    traceId: toTraceId(textOf(span, "traceId")),
    id,
    parentId: toParentId(textOf(span, "parentId"), id),
    name: textOf(span, "name"),
    kind: kinds.get(kind.toUpperCase()) ?? spanKind.internal,
    timestamp: microsOf(span, "timestamp"),
    duration: microsOf(span, "duration"),
    local: endpointOf(span.localEndpoint),
    remote: endpointOf(span.remoteEndpoint),
    annotations: listOf(span, "annotations").map((annotation) => {
      const members = objectOf(annotation, "an annotation");
      return { timestamp: microsOf(members, "timestamp") ?? 0n, value: textOf(members, "value") };
    }),
    tags: tagsOf(span.tags),
    debug: span.debug === true,
    shared: span.shared === true,
  };
}

/** An object; `what` names it in the fault. */
export function objectOf(value: Json | undefined, what: string): Members {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new ZipkinFault(`expected ${what} as an object`);
  return value as Members;
}

/** A member that is text; empty where it is absent. */
export function textOf(members: Members, name: string): string {
  const value = members[name] ?? "";
  if (typeof value !== "string") throw new ZipkinFault(`expected ${name} as text`);
  return value;
}

/** A member that is a list; empty where it is absent. */
export function listOf(members: Members, name: string): readonly Json[] {
  const value = members[name] ?? [];
  if (!Array.isArray(value)) throw new ZipkinFault(`expected ${name} as a list`);
  return value;
}

/** Microseconds, as a number or as text; undefined where there are none. */
export function microsOf(members: Members, name: string): bigint | undefined {
  const value = members[name] ?? 0;
  if (typeof value === "number" && Number.isSafeInteger(Math.trunc(value)) && value >= 0)
    return value === 0 ? undefined : BigInt(Math.trunc(value));
  if (typeof value === "string" && /^\d{1,18}$/.test(value)) return BigInt(value) || undefined;
  throw new ZipkinFault(`expected ${name} as a whole number of microseconds`);
}

/** An endpoint; everything in it may be absent. */
export function endpointOf(value: Json | undefined): ZipkinEndpoint {
  if (value === undefined || value === null) return {};
  const members = objectOf(value, "an endpoint");
  const port = members.port ?? 0;
  return {
    serviceName: textOf(members, "serviceName") || undefined,
    ip: textOf(members, "ipv4") || textOf(members, "ipv6") || undefined,
    port: typeof port === "number" && Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined,
  };
}

/** Tags are texts; some senders write numbers and truth values, which become text. */
function tagsOf(value: Json | undefined): ReadonlyMap<string, string> {
  if (value === undefined || value === null) return new Map();
  return new Map(Object.entries(objectOf(value, "tags")).map(([name, tag]) => [name, tagText(name, tag)]));
}

function tagText(name: string, tag: Json): string {
  if (tag === null) return "";
  if (typeof tag === "object") throw new ZipkinFault(`expected the tag ${name.slice(0, 64)} as text`);
  return String(tag);
}
