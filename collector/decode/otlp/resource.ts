import type { SpanResource } from "../../../schemas/model/span.ts";
import { ByteCache } from "../byte-cache.ts";
import { ProtoReader, type WireFault, wire } from "../reader.ts";
import { checkKeyValue, readScalar, readText } from "./any-value.ts";

/** Resources and scopes remembered, by their bytes. */
const cache = { entries: 512, maxBytes: 4096 };
/** Most attributes of a resource or of a scope. */
const maxAttributes = 1024;

/** A resource, and what is wrong with it, if anything. */
export interface ParsedResource extends SpanResource {
  readonly fault: WireFault | undefined;
}

/** The resources of one decoder: the same object for the same bytes, as far as a bounded cache goes. */
export function createResourceCache(texts: ByteCache<string>): ByteCache<ParsedResource> {
  return new ByteCache(cache, (bytes, start, end) => parseResource(bytes, start, end, texts));
}

/** Scopes of one decoder: what is wrong with each, if anything. */
export function createScopeCache(): ByteCache<WireFault | undefined> {
  return new ByteCache(cache, checkScope);
}

/** Resource: attributes = 1, dropped_attributes_count = 2, entity_refs = 3. */
function parseResource(bytes: Buffer, start: number, end: number, texts: ByteCache<string>): ParsedResource {
  const attributes = new Map<string, string>();
  const reader = new ProtoReader().reset(bytes, start, end);
  eachAttribute(reader, 1, () => {
    const from = reader.pos;
    checkKeyValue(reader, 0);
    if (reader.fault !== undefined) return;
    reader.pos = from;
    readAttribute(reader, texts, attributes);
  });
  return { attributes, fault: reader.fault };
}

/** InstrumentationScope: name = 1, version = 2, attributes = 3, dropped_attributes_count = 4. */
function checkScope(bytes: Buffer, start: number, end: number): WireFault | undefined {
  const reader = new ProtoReader().reset(bytes, start, end);
  eachAttribute(reader, 3, () => checkKeyValue(reader, 0));
  return reader.fault;
}

function eachAttribute(reader: ProtoReader, field: number, visit: () => void): void {
  let count = 0;
  while (reader.more) {
    const tag = reader.tag();
    if (tag >>> 3 !== field) reader.skip(tag & 7);
    else if ((tag & 7) !== wire.bytes) reader.fail("wire_type");
    else if (++count > maxAttributes) reader.fail("limit");
    else {
      const outer = reader.enter();
      visit();
      reader.leave(outer);
    }
  }
}

/** Reads a checked KeyValue. Keys that come twice: the last counts. */
function readAttribute(reader: ProtoReader, texts: ByteCache<string>, into: Map<string, string>): void {
  let key = "";
  let text: string | undefined;
  while (reader.more) {
    const tag = reader.tag();
    if (tag === 10) key = readText(reader, texts);
    else if (tag !== 18) reader.skip(tag & 7);
    else {
      const outer = reader.enter();
      const value = readScalar(reader, texts);
      text = value === undefined ? undefined : String(value);
      reader.leave(outer);
    }
  }
  if (key !== "" && text !== undefined) into.set(key, text);
}
