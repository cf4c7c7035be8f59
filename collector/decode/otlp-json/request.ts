import { ByteWriter } from "../../../schemas/model/byte-writer.ts";
import type { RejectedSpan } from "../../../schemas/model/span.ts";
import { createItemCutter } from "../json-item.ts";
import { createJsonScanner, JsonFault, placeOf } from "../json-report/scan.ts";
import {
  type Fields,
  LostDigits,
  Misfit,
  parseExactly,
  text as textField,
  type WriteField,
  writeMembers,
} from "./fields.ts";
import { resource, scope } from "./messages.ts";
import { createObjectWalk } from "./walk.ts";

/** What the parts of a signal's requests are called in JSON. */
export interface JsonShape {
  readonly resources: string;
  readonly scopes: string;
  readonly items: string;
  /** One item in words. */
  readonly item: string;
  readonly fields: Fields;
}

/** A text that is no JSON, or no request, with the place in the text. */
export class OtlpJsonError extends Error {
  constructor(message: string, text: string, offset: number) {
    const { line, column } = placeOf(text, offset);
    super(`${message} at line ${line} column ${column}`);
    this.name = "OtlpJsonError";
  }
}

const turnLength = 262_144;
/** Reasons that are told, at most. */
const maxTold = 8;
const byteOrderMark = 0xfeff;

/** Makes a reader of one request. Values are written in the order in which they come, each behind the last. */
export function createRequestReader(text: string, shape: JsonShape) {
  const walk = createObjectWalk(text, createJsonScanner(text, text.length + 1));
  const cut = createItemCutter(text);
  const writer = new ByteWriter();
  const rejected: RejectedSpan[] = [];
  let rejectedCount = 0;
  const places: number[] = [];
  let place = 0;
  let turn = 0;

  function* read() {
    try {
      const start = walk.skipSpace(text.charCodeAt(0) === byteOrderMark ? 1 : 0);
      const end = yield* walk.members(start, (name, at) =>
        name === shape.resources ? readEach(1, at, readResource) : undefined,
      );
      if (walk.skipSpace(end) < text.length)
        throw new JsonFault("expected the end of the request", walk.skipSpace(end));
    } catch (error) {
      if (error instanceof JsonFault) throw new OtlpJsonError(error.message, text, error.offset);
      throw error;
    }
    return { bytes: writer.toBytes(), rejected, rejectedCount, places: rejectedCount > 0 ? places : undefined };
  }

  /** A list of objects, each as a message in this field. */
  function readEach(field: number, at: number, readMembers: (at: number) => Generator<void, number>) {
    return walk.items(at, function* (item) {
      const mark = writer.begin(field);
      const end = yield* readMembers(item);
      writer.end(mark);
      return end;
    });
  }

  function readResource(at: number): Generator<void, number> {
    return walk.members(at, (name, value) => {
      if (name === shape.scopes) return readEach(2, value, readScope);
      if (name === "resource") return readWhole(1, value, resource);
      return name === "schemaUrl" ? readWhole(3, value, textField) : undefined;
    });
  }

  function readScope(at: number): Generator<void, number> {
    return walk.members(at, (name, value) => {
      if (name === shape.items) return walk.items(value, readItem);
      if (name === "scope") return readWhole(1, value, scope);
      return name === "schemaUrl" ? readWhole(3, value, textField) : undefined;
    });
  }

  /** What all items below it need: without it nothing of the request can be taken. */
  function readWhole(field: number, at: number, write: WriteField): number {
    const whole = cut(at);
    if (whole.text === undefined) throw new OtlpJsonError(whole.problem, text, at);
    try {
      write(writer, field, parseExactly(whole.text));
    } catch (error) {
      if (error instanceof Misfit) throw new OtlpJsonError(error.message, text, at);
      throw error;
    }
    return whole.end;
  }

  function* readItem(at: number): Generator<void, number> {
    if (at - turn > turnLength) {
      turn = at;
      yield;
    }
    const item = cut(at);
    const problem = item.text === undefined ? item.problem : writeItem(item.text);
    if (problem === undefined) places.push(place);
    else {
      rejectedCount++;
      if (rejected.length < maxTold) rejected.push({ reason: "json", error: `${shape.item} ${place}: ${problem}` });
    }
    place++;
    return item.end;
  }

  /** Gives what is wrong with it, if anything; then nothing of it stays. */
  function writeItem(item: string): string | undefined {
    const before = writer.length;
    const mark = writer.begin(2);
    try {
      writeMembersOf(item, mark);
    } catch (error) {
      if (!(error instanceof Misfit)) throw error;
      writer.length = before;
      return error.message;
    }
    writer.end(mark);
    return undefined;
  }

  function writeMembersOf(item: string, mark: number): void {
    try {
      writeMembers(writer, shape.fields, JSON.parse(item));
    } catch (error) {
      if (!(error instanceof LostDigits)) throw error;
      writer.length = mark;
      writeMembers(writer, shape.fields, parseExactly(item));
    }
  }

  return { read };
}
