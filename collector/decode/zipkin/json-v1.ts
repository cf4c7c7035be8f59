import type { Json } from "../../../schemas/model/access-log.ts";
import { spanKind } from "../../../schemas/model/span.ts";
import { endpointOf, listOf, microsOf, objectOf, textOf } from "./json.ts";
import { toParentId, toSpanId, toTraceId, type ZipkinEndpoint, type ZipkinSpan } from "./span.ts";

/** Annotations that say which side a span is of. */
const sides: ReadonlyMap<string, number> = new Map([
  ["cs", spanKind.client],
  ["cr", spanKind.client],
  ["sr", spanKind.server],
  ["ss", spanKind.server],
  ["ms", spanKind.producer],
  ["mr", spanKind.consumer],
]);
/** Binary annotations that name the other end. */
const addresses: ReadonlySet<string> = new Set(["sa", "ca", "ma"]);

interface Annotation {
  readonly timestamp: bigint;
  readonly value: string;
  readonly endpoint: ZipkinEndpoint;
}

/**
 * Reads a span of Zipkin v1 in JSON: the side, times and endpoints stand in annotations (cs, cr, sr, ss, ms, mr), tags in
 * binary annotations. Of a span with both sides the server's is taken. Throws a ZipkinFault.
 */
export function toZipkinSpanV1(value: Json): ZipkinSpan {
  const span = objectOf(value, "a span");
  const id = toSpanId(textOf(span, "id"));
  const annotations = listOf(span, "annotations").map(toAnnotation);
  const core = annotations.filter((annotation) => sides.has(annotation.value));
  const kind = Math.min(...core.map((annotation) => sides.get(annotation.value) as number), Number.POSITIVE_INFINITY);
  const own = core.filter((annotation) => sides.get(annotation.value) === kind);
  const binary = listOf(span, "binaryAnnotations").map((each) => objectOf(each, "a binary annotation"));
  const others = binary.filter((each) => addresses.has(textOf(each, "key")));
  const [first, last] = [own[0]?.timestamp, own.at(-1)?.timestamp];
  return {
    traceId: toTraceId(textOf(span, "traceId")),
    id,
    parentId: toParentId(textOf(span, "parentId"), id),
    name: textOf(span, "name"),
    kind: Number.isFinite(kind) ? kind : spanKind.internal,
    timestamp: microsOf(span, "timestamp") ?? first,
    duration: microsOf(span, "duration") ?? between(first, last),
    local: own[0]?.endpoint ?? annotations[0]?.endpoint ?? endpointOf(binary[0]?.endpoint),
    remote: endpointOf(others[0]?.endpoint),
    annotations: annotations.filter((annotation) => !sides.has(annotation.value)),
    tags: new Map(
      binary.filter((each) => !others.includes(each)).map((each) => [textOf(each, "key"), tagText(each.value)]),
    ),
    debug: span.debug === true,
    shared: false,
  };
}

function toAnnotation(value: Json): Annotation {
  const members = objectOf(value, "an annotation");
  const timestamp = microsOf(members, "timestamp") ?? 0n;
  return { timestamp, value: textOf(members, "value"), endpoint: endpointOf(members.endpoint) };
}

function between(first: bigint | undefined, last: bigint | undefined): bigint | undefined {
  return first === undefined || last === undefined || last <= first ? undefined : last - first;
}

function tagText(value: Json | undefined): string {
  return typeof value === "object" || value === undefined ? "" : String(value);
}
