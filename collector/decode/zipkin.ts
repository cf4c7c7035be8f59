import type { Json } from "../../schemas/model/access-log.ts";
import { ByteWriter } from "../../schemas/model/byte-writer.ts";
import type { RejectedSpan } from "../../schemas/model/span.ts";
import { createItemCutter } from "./json-item.ts";
import { createJsonScanner, JsonFault, placeOf } from "./json-report/scan.ts";
import { createObjectWalk } from "./otlp-json/walk.ts";
import type { ConvertedRequest } from "./otlp-json.ts";
import { toZipkinSpan } from "./zipkin/json.ts";
import { toZipkinSpanV1 } from "./zipkin/json-v1.ts";
import { findZipkinSpans, readZipkinSpan } from "./zipkin/protobuf.ts";
import { ZipkinFault, type ZipkinSpan } from "./zipkin/span.ts";
import { groupOf, writeAttribute, writeZipkinSpan } from "./zipkin/write-span.ts";

/** A body that is no list of spans. */
export class ZipkinError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ZipkinError";
  }
}

const maxSpans = 100_000;
const maxTold = 8;
const turnLength = 262_144;
const turnSpans = 1000;

/** How spans of Zipkin are written. */
export type ZipkinEncoding = "json" | "json-v1" | "protobuf";

/** Turns a list of Zipkin spans into an OTLP request, in turns. A span that cannot be read is left out alone. Throws ZipkinError for what is no list. */
export function* convertZipkin(body: Buffer, encoding: ZipkinEncoding): Generator<void, ConvertedRequest> {
  const collected = collect();
  if (encoding === "protobuf") yield* readProtobuf(body, collected);
  else yield* readJson(body.toString("utf8"), encoding === "json" ? toZipkinSpan : toZipkinSpanV1, collected);
  return collected.toRequest();
}

type Collected = ReturnType<typeof collect>;

/** Keeps what was read, by group. */
function collect() {
  const groups = new Map<
    string,
    { readonly first: ZipkinSpan; readonly spans: ZipkinSpan[]; readonly places: number[] }
  >();
  const rejected: RejectedSpan[] = [];
  let rejectedCount = 0;
  let place = 0;

  function refuse(error: string): void {
    rejectedCount++;
    if (rejected.length < maxTold) rejected.push({ reason: "zipkin", error: `span ${place}: ${error}` });
  }

  function add(span: ZipkinSpan): void {
    const key = JSON.stringify(groupOf(span), (_name, value) => (value instanceof Uint8Array ? [...value] : value));
    const group = groups.get(key) ?? { first: span, spans: [], places: [] };
    groups.set(key, group);
    group.spans.push(span);
    group.places.push(place);
  }

  return {
    /** Takes the next span, which is read now. */
    take(read: () => ZipkinSpan): void {
      try {
        if (place >= maxSpans) refuse(`expected at most ${maxSpans} spans`);
        else add(read());
      } catch (error) {
        if (!(error instanceof ZipkinFault)) throw error;
        refuse(error.message);
      }
      place++;
    },
    toRequest(): ConvertedRequest {
      const writer = new ByteWriter();
      for (const { first, spans } of groups.values()) writeGroup(writer, first, spans);
      const places = [...groups.values()].flatMap((group) => group.places);
      return { bytes: writer.toBytes(), rejected, rejectedCount, places };
    },
  };
}

/** ResourceSpans = 1 { resource = 1, scope_spans = 2 { scope = 1, spans = 2 } }. */
function writeGroup(writer: ByteWriter, first: ZipkinSpan, spans: readonly ZipkinSpan[]): void {
  const { resource, scopeName, scopeVersion } = groupOf(first);
  const resourceSpans = writer.begin(1);
  const attributes = writer.begin(1);
  for (const [name, value] of resource) writeAttribute(writer, 1, name, value);
  writer.end(attributes);
  const scopeSpans = writer.begin(2);
  const scope = writer.begin(1);
  if (scopeName !== "") writer.text(1, scopeName);
  if (scopeVersion !== "") writer.text(2, scopeVersion);
  writer.end(scope);
  for (const span of spans) writeZipkinSpan(writer, 2, span);
  writer.end(scopeSpans);
  writer.end(resourceSpans);
}

function* readProtobuf(body: Buffer, collected: Collected): Generator<void> {
  const found = findZipkinSpans(body, maxSpans);
  if (found === undefined) throw new ZipkinError("not a zipkin.proto3.ListOfSpans: its framing is broken");
  const { bounds, beyond } = found;
  for (let at = 0; at < bounds.length; at += 2) {
    collected.take(() => readZipkinSpan(body, bounds[at]!, bounds[at + 1]!));
    if (at % (turnSpans * 2) === 0) yield;
  }
  for (let i = 0; i < beyond; i++)
    collected.take(() => {
      throw new ZipkinFault(`expected at most ${maxSpans} spans`);
    });
}

function* readJson(text: string, toSpan: (value: Json) => ZipkinSpan, collected: Collected): Generator<void> {
  const walk = createObjectWalk(text, createJsonScanner(text, text.length + 1));
  const cut = createItemCutter(text);
  let turn = 0;
  try {
    const end = yield* walk.items(walk.skipSpace(0), function* (at) {
      if (at - turn > turnLength) {
        turn = at;
        yield;
      }
      const item = cut(at);
      collected.take(() => {
        if (item.text === undefined) throw new ZipkinFault(item.problem);
        return toSpan(JSON.parse(item.text));
      });
      return item.end;
    });
    if (walk.skipSpace(end) < text.length) throw new JsonFault("expected the end of the list", walk.skipSpace(end));
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    const { line, column } = placeOf(text, error.offset);
    throw new ZipkinError(`not a list of spans: ${error.message} at line ${line} column ${column}`);
  }
}
