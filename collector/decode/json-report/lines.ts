import { BYTE_ORDER_MARK, type Cuts, type ReportLimits, TURN_LENGTH } from "./cuts.ts";
import { createJsonScanner, JsonFault } from "./scan.ts";

/** Lines that are looked at in one turn. */
const TURN_LINES = 512;

/** Finds the records of a report of lines. */
export function* cutLines(cuts: Cuts, limits: ReportLimits): Generator<void> {
  const { text } = cuts;
  const start = text.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : 0;
  let line = 1;
  let turn = start;
  let read = 0;
  for (let at = start; at < text.length; line++) {
    const newline = text.indexOf("\n", at);
    const end = newline < 0 ? text.length : newline;
    if (end > at && cutLine(cuts, at, end, line, limits)) read++;
    at = end + 1;
    if (at - turn > TURN_LENGTH || read === TURN_LINES) {
      turn = at;
      read = 0;
      yield;
    }
  }
}

/** A line is judged by itself: what is wrong with it ends with it. False if there is nothing in it. */
function cutLine(cuts: Cuts, start: number, end: number, number: number, limits: ReportLimits): boolean {
  if (end - start > limits.maxRecordLength) {
    cuts.add(start, end);
    return true;
  }
  const line = cuts.text.slice(start, end);
  const scanner = createJsonScanner(line, limits.maxDepth);
  const from = scanner.skipSpace(0);
  if (from === line.length) return false;
  try {
    const to = scanner.endOfValue(from);
    const rest = scanner.skipSpace(to);
    if (rest < line.length) throw new JsonFault("expected the end of the line", rest);
    cuts.add(start + from, start + to);
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    cuts.refuse(start, "malformed", `${error.message} at line ${number} column ${error.offset + 1}`);
  }
  return true;
}
