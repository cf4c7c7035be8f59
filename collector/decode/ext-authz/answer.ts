import type { Json } from "../../../schemas/model/access-log.ts";
import { ByteWriter, wire } from "../../../schemas/model/byte-writer.ts";
import type { Denial, HeaderChange, Verdict } from "../../../schemas/model/verdict.ts";
import { AnswerTemplates } from "./answer-template.ts";
import { refusalOf } from "./refusal.ts";
import { sendable } from "./sendable.ts";
import { writeStruct } from "./write-struct.ts";

/** Encodes verdicts as envoy.service.auth.v3.CheckResponse. */
export interface AnswerEncoder {
  /** `isGrpc`: the caller of the proxy speaks gRPC, and is to get the verdict's own code. */
  encode(verdict: Verdict, isGrpc: boolean): Uint8Array;
}

/** Makes an encoder, which uses one buffer for all answers. */
export function createAnswerEncoder(): AnswerEncoder {
  const writer = new ByteWriter();
  const templates = new AnswerTemplates();
  return {
    encode(verdict, isGrpc) {
      const known = templates.find(verdict, isGrpc);
      if (known !== undefined) return known;
      writer.reset();
      const denial = verdict.denial && refusalOf(verdict.denial);
      writeStatus(writer, denial);
      if (denial === undefined) writeAllowed(writer, verdict);
      else writeDenied(writer, denial, verdict, isGrpc);
      const mark = writer.begin(4);
      writeStruct(writer, metadataOf(verdict));
      writer.end(mark);
      const answer = writer.toBytes();
      templates.keep(verdict, isGrpc, answer);
      return answer;
    },
  };
}

/** What the proxy keeps with the request, for its access log: the rules' own, and the decision. */
function metadataOf({ changes, id, rule, revision, allowed }: Verdict): { readonly [key: string]: Json } {
  return { ...changes.metadata, decision_id: id, rule, revision, allowed };
}

/** status = 1 { code = 1, message = 2 }. */
function writeStatus(writer: ByteWriter, denial: Denial | undefined): void {
  const mark = writer.begin(1);
  if (denial !== undefined) {
    writeNumber(writer, 1, denial.code);
    if (denial.message !== "") writer.text(2, denial.message);
  }
  writer.end(mark);
}

/** denied_response = 2 { status = 1 { code = 1 }, headers = 2, body = 3 }. */
function writeDenied(writer: ByteWriter, denial: Denial, { changes }: Verdict, isGrpc: boolean): void {
  const mark = writer.begin(2);
  const status = writer.begin(1);
  writeNumber(writer, 1, denial.status);
  writer.end(status);
  for (const change of sendable(changes.client)) writeHeader(writer, 2, change);
  // Otherwise the proxy makes a code up from the HTTP status.
  if (isGrpc) writeHeader(writer, 2, { action: "set", name: "grpc-status", value: String(denial.code) });
  const body = isGrpc ? denial.message : (denial.body ?? denial.message);
  if (body !== "") writer.text(3, body);
  writer.end(mark);
}

/** ok_response = 3 { headers = 2, headers_to_remove = 5, response_headers_to_add = 6, query_parameters_to_set = 7, _to_remove = 8 }. */
function writeAllowed(writer: ByteWriter, { changes: { upstream, client, query = [] } }: Verdict): void {
  const mark = writer.begin(3);
  for (const change of sendable(upstream)) {
    if (change.action === "remove") writer.text(5, change.name);
    else writeHeader(writer, 2, change);
  }
  for (const change of sendable(client)) writeHeader(writer, 6, change);
  for (const { name, value } of query) {
    if (value === undefined) writer.text(8, name);
    else writePair(writer, 7, name, value);
  }
  writer.end(mark);
}

const OVERWRITE = 2;

/**
 * HeaderValueOption { header = 1, append = 2 BoolValue, append_action = 3, keep_empty_value = 4 }. Versions of Envoy differ on which of append
 * and append_action counts, so both are always said; `append` present and false is an empty BoolValue, and action 0 appends.
 */
function writeHeader(writer: ByteWriter, field: number, change: HeaderChange): void {
  if (change.action === "remove") return;
  const mark = writer.begin(field);
  writePair(writer, 1, change.name, change.value);
  const append = writer.begin(2);
  if (change.action !== "set") writeNumber(writer, 1, 1);
  writer.end(append);
  if (change.action === "set") writeNumber(writer, 3, OVERWRITE);
  if (change.value === "") writeNumber(writer, 4, 1);
  writer.end(mark);
}

/** key = 1, value = 2. */
function writePair(writer: ByteWriter, field: number, key: string, value: string): void {
  const mark = writer.begin(field);
  writer.text(1, key);
  writer.text(2, value);
  writer.end(mark);
}

function writeNumber(writer: ByteWriter, field: number, value: number): void {
  writer.tag(field, wire.varint);
  writer.varint(value);
}
