import type { EnvoyNode, Identifier } from "../../../schemas/model/access-log.ts";
import { decodeText, ProtoReader, wire } from "../reader.ts";
import { type JsonObject, parseStruct } from "../struct.ts";

/** Names in a node are kept for as long as the stream; longer ones are refused. */
const maxTextBytes = 1024;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Locality = Mutable<NonNullable<EnvoyNode["locality"]>>;

/** What stands in for the node of a stream that has not named one. */
export const unknownIdentifier: Identifier = { node: emptyNode(), logName: "" };

function emptyNode(): EnvoyNode {
  return {
    id: "",
    cluster: "",
    metadata: Object.create(null) as JsonObject,
    locality: undefined,
    userAgentName: undefined,
    userAgentVersion: undefined,
  };
}

/** Identifier: node = 1, log_name = 2; undefined if malformed, or with metadata or names beyond the limits. */
export function parseIdentifier(bytes: Buffer, start: number, end: number): Identifier | undefined {
  const reader = new ProtoReader().reset(bytes, start, end);
  const identifier: Mutable<Identifier> = { node: emptyNode(), logName: "" };
  while (reader.more) {
    const tag = reader.tag();
    if (tag >>> 3 <= 2 && (tag & 7) !== wire.bytes) reader.fail("wire_type");
    else if (tag >>> 3 === 1) identifier.node = readNode(reader, bytes);
    else if (tag >>> 3 === 2) identifier.logName = readText(reader, bytes);
    else reader.skip(tag & 7);
  }
  return reader.fault === undefined ? identifier : undefined;
}

/**
 * Node: id = 1, cluster = 2, metadata = 3, locality = 4, user_agent_name = 6, oneof user_agent_version = 7 or
 * user_agent_build_version = 8. The rest, hundreds of extensions (9) above all, is passed over.
 */
function readNode(reader: ProtoReader, bytes: Buffer): EnvoyNode {
  const node: Mutable<EnvoyNode> = emptyNode();
  const outer = reader.enter();
  while (reader.more) {
    const tag = reader.tag();
    const field = tag >>> 3;
    if (field > 8 || field === 5) reader.skip(tag & 7);
    else if ((tag & 7) !== wire.bytes) reader.fail("wire_type");
    else readNodeField(reader, bytes, field, node);
  }
  reader.leave(outer);
  return node;
}

function readNodeField(reader: ProtoReader, bytes: Buffer, field: number, node: Mutable<EnvoyNode>): void {
  if (field === 1) node.id = readText(reader, bytes);
  else if (field === 2) node.cluster = readText(reader, bytes);
  else if (field === 3) node.metadata = readMetadata(reader, bytes);
  else if (field === 4) node.locality = readLocality(reader, bytes);
  else if (field === 6) node.userAgentName = readText(reader, bytes) || undefined;
  else if (field === 7) node.userAgentVersion = readText(reader, bytes) || undefined;
  else node.userAgentVersion = readBuildVersion(reader);
}

function readMetadata(reader: ProtoReader, bytes: Buffer): JsonObject {
  const outer = reader.enter();
  const metadata = parseStruct(bytes, reader.pos, reader.end);
  if (metadata === undefined) reader.fail("limit");
  reader.leave(outer);
  return metadata ?? {};
}

/** Locality: region = 1, zone = 2, sub_zone = 3. */
function readLocality(reader: ProtoReader, bytes: Buffer): Locality {
  const locality: Locality = { region: "", zone: "", subZone: "" };
  const names = [undefined, "region", "zone", "subZone"] as const;
  const outer = reader.enter();
  while (reader.more) {
    const tag = reader.tag();
    const name = names[tag >>> 3];
    if (name !== undefined && (tag & 7) === wire.bytes) locality[name] = readText(reader, bytes);
    else reader.skip(tag & 7);
  }
  reader.leave(outer);
  return locality;
}

/** BuildVersion: version = 1 { major_number = 1, minor_number = 2, patch = 3 }. */
function readBuildVersion(reader: ProtoReader): string | undefined {
  const outer = reader.enter();
  let version: string | undefined;
  while (reader.more) {
    const tag = reader.tag();
    if (tag === 10) version = readSemanticVersion(reader);
    else reader.skip(tag & 7);
  }
  reader.leave(outer);
  return version;
}

function readSemanticVersion(reader: ProtoReader): string {
  const numbers = [0, 0, 0];
  const outer = reader.enter();
  while (reader.more) {
    const tag = reader.tag();
    const field = tag >>> 3;
    if (field >= 1 && field <= 3 && (tag & 7) === wire.varint) numbers[field - 1] = reader.varint() >>> 0;
    else reader.skip(tag & 7);
  }
  reader.leave(outer);
  return numbers.join(".");
}

function readText(reader: ProtoReader, bytes: Buffer): string {
  const length = reader.length();
  if (length > maxTextBytes) {
    reader.fail("limit");
    return "";
  }
  reader.pos += length;
  return decodeText(bytes, reader.pos - length, reader.pos);
}
