import { BYTE_ORDER_MARK, Cuts, type Report, ReportError, type ReportLimits, TURN_LENGTH } from "./json-report/cuts.ts";
import { cutLines } from "./json-report/lines.ts";
import { createJsonScanner, JsonFault, type JsonScanner } from "./json-report/scan.ts";

export { type Report, ReportError, type ReportLimits } from "./json-report/cuts.ts";

/**
 * Finds the records of a report: `{"attributes":[...]}`, a list, or one object for each line. Everything is checked
 * before anything is read, so a sender whose report is no JSON may send it again whole. In a report of lines
 * (`lines`, or a first object followed by another line) one that is no JSON is refused alone. Yields every quarter of a
 * megabyte; throws a ReportError.
 */
export function* findRecords(text: string, lines: boolean, limits: ReportLimits): Generator<void, Report> {
  const cuts = new Cuts(text, limits);
  try {
    if (!lines) yield* cutAny(cuts, limits);
    else yield* cutLines(cuts, limits);
  } catch (error) {
    if (error instanceof JsonFault) throw new ReportError("MALFORMED_JSON", error.message, text, error.offset);
    throw error;
  }
  return cuts.toReport();
}

function* cutAny(cuts: Cuts, limits: ReportLimits): Generator<void> {
  const { text } = cuts;
  const scanner = createJsonScanner(text, limits.maxDepth);
  const start = scanner.skipSpace(text.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : 0);
  if (start === text.length) throw new ReportError("NOT_A_REPORT", "the report is empty", text, start);
  const form = formOf(text, start, scanner);
  if (form === "lines") yield* cutLines(cuts, limits);
  else cutEnd(text, yield* cutDocument(cuts, form, start, scanner), scanner);
}

/** What a report is made of, told by its beginning; a single object that is no envelope is a record. */
function formOf(text: string, start: number, scanner: JsonScanner): "lines" | "list" | "envelope" | "record" | "other" {
  if (text[start] === "[") return "list";
  if (text[start] !== "{") return "other";
  const name = scanner.skipSpace(start + 1);
  if (text[name] === '"' && JSON.parse(text.slice(name, scanner.endOfString(name))) === "attributes") return "envelope";
  const end = scanner.endOfValue(start);
  const rest = scanner.skipSpace(end);
  return rest < text.length && text.slice(end, rest).includes("\n") ? "lines" : "record";
}

function* cutDocument(
  cuts: Cuts,
  form: "list" | "envelope" | "record" | "other",
  start: number,
  scanner: JsonScanner,
): Generator<void, number> {
  if (form === "list") return yield* cutList(cuts, start, scanner);
  if (form === "envelope") return yield* cutEnvelope(cuts, start, scanner);
  const end = scanner.endOfValue(start);
  if (form === "other") throw new ReportError("NOT_A_REPORT", expectedForms, cuts.text, start);
  cuts.add(start, end);
  return end;
}

const expectedForms = 'expected {"attributes": [...]}, a list of objects, or one object for each line';

function* cutEnvelope(cuts: Cuts, start: number, scanner: JsonScanner): Generator<void, number> {
  const { text } = cuts;
  const nameEnd = scanner.endOfString(scanner.skipSpace(start + 1));
  const colon = scanner.skipSpace(nameEnd);
  if (text[colon] !== ":") throw new JsonFault("expected a colon", colon);
  const list = scanner.skipSpace(colon + 1);
  if (text[list] !== "[") {
    scanner.endOfValue(start);
    throw new ReportError("NOT_A_REPORT", 'expected a list under "attributes"', text, list);
  }
  const end = scanner.skipSpace(yield* cutList(cuts, list, scanner));
  if (text[end] === "}") return end + 1;
  if (text[end] !== ",") throw new JsonFault("expected }", end);
  throw new ReportError("NOT_A_REPORT", 'expected nothing beside "attributes"', text, end);
}

function* cutList(cuts: Cuts, start: number, scanner: JsonScanner): Generator<void, number> {
  const { text } = cuts;
  let at = scanner.skipSpace(start + 1);
  if (text[at] === "]") return at + 1;
  let turn = at;
  for (;;) {
    const end = scanner.endOfValue(at);
    cuts.add(at, end);
    const next = scanner.skipSpace(end);
    if (text[next] === "]") return next + 1;
    if (text[next] !== ",") throw new JsonFault("expected a comma or ]", next);
    at = scanner.skipSpace(next + 1);
    if (at - turn > TURN_LENGTH) {
      turn = at;
      yield;
    }
  }
}

function cutEnd(text: string, end: number, scanner: JsonScanner): void {
  const rest = scanner.skipSpace(end);
  if (rest < text.length) throw new JsonFault("expected the end of the report", rest);
}
