import { JsonFault, type JsonScanner } from "../json-report/scan.ts";

/** Reads a value that begins at `at`, and gives the offset behind it. */
export type ReadAt = (at: number) => Generator<void, number>;

/** Reads a member whose value begins at `at`, at once or in turns, and gives the offset behind it; undefined to pass over it. */
export type VisitMember = (name: string, at: number) => Generator<void, number> | number | undefined;

/** Goes through objects and lists of a JSON text without making anything of them. */
export interface ObjectWalk extends Pick<JsonScanner, "skipSpace" | "endOfValue"> {
  /** Goes through an object. Gives the offset behind it. */
  members(at: number, visit: VisitMember): Generator<void, number>;
  /** Goes through a list, or null. Gives the offset behind it. */
  items(at: number, read: ReadAt): Generator<void, number>;
}

/** Makes a walk over a text. Names that older senders write with underscores are visited as if they were not. */
export function createObjectWalk(text: string, scanner: JsonScanner): ObjectWalk {
  const { skipSpace, endOfValue, endOfString } = scanner;

  function* members(start: number, visit: VisitMember): Generator<void, number> {
    let at = opened(start, "{", "an object");
    if (text[at] === "}") return at + 1;
    for (;;) {
      if (text[at] !== '"') throw new JsonFault("expected a name in quotes", at);
      const nameEnd = endOfString(at);
      const name = camelCase(JSON.parse(text.slice(at, nameEnd)));
      const colon = skipSpace(nameEnd);
      if (text[colon] !== ":") throw new JsonFault("expected a colon", colon);
      const value = skipSpace(colon + 1);
      const reading = text.startsWith("null", value) ? undefined : visit(name, value);
      at = skipSpace(typeof reading === "object" ? yield* reading : (reading ?? endOfValue(value)));
      if (text[at] === "}") return at + 1;
      if (text[at] !== ",") throw new JsonFault("expected a comma or }", at);
      at = skipSpace(at + 1);
    }
  }

  function* items(start: number, read: ReadAt): Generator<void, number> {
    let at = opened(start, "[", "a list");
    if (text[at] === "]") return at + 1;
    for (;;) {
      at = skipSpace(yield* read(at));
      if (text[at] === "]") return at + 1;
      if (text[at] !== ",") throw new JsonFault("expected a comma or ]", at);
      at = skipSpace(at + 1);
    }
  }

  function opened(at: number, bracket: string, expected: string): number {
    if (text[at] !== bracket) throw new JsonFault(`expected ${expected}`, at);
    return skipSpace(at + 1);
  }

  return { skipSpace, endOfValue, members, items };
}

function camelCase(name: string): string {
  return name.includes("_") ? name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()) : name;
}
