import { createJsonScanner, JsonFault } from "./json-report/scan.ts";

/** Levels of lists and objects in one item: far more than any sender needs, few enough to recurse over. */
export const maxJsonDepth = 160;
/** Characters of one item. */
const maxItemLength = 4_194_304;

/** One item of a list in a JSON text. */
export interface JsonItem {
  /** The offset behind it. */
  readonly end: number;
  /** Its text; undefined if it is nested too deep or too long, and `problem` says so. */
  readonly text: string | undefined;
  readonly problem: string;
}

/** Makes a function that cuts items out of a text by where they begin, so that one which is too large is refused alone. It throws a JsonFault for what is no JSON. */
export function createItemCutter(text: string): (at: number) => JsonItem {
  const shallow = createJsonScanner(text, maxJsonDepth);
  const deep = createJsonScanner(text, text.length + 1);
  return (at) => {
    const end = endWithin(shallow.endOfValue, at);
    if (end === undefined)
      return {
        end: deep.endOfValue(at),
        text: undefined,
        problem: `expected at most ${maxJsonDepth} levels of nesting`,
      };
    if (end - at > maxItemLength)
      return { end, text: undefined, problem: `expected at most ${maxItemLength} characters` };
    return { end, text: text.slice(at, end), problem: "" };
  };
}

function endWithin(endOfValue: (at: number) => number, at: number): number | undefined {
  try {
    return endOfValue(at);
  } catch (error) {
    if (error instanceof JsonFault) return undefined;
    throw error;
  }
}
