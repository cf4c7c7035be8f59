/** A configured path template: what it matches, and the text it stands for. */
export interface RoutePattern {
  readonly text: string;
  matches(path: string): boolean;
}

/** A pattern, or what was expected instead of the text. */
export type ParsedPattern =
  | { readonly ok: true; readonly pattern: RoutePattern }
  | { readonly ok: false; readonly expected: string };

const oneSegment = /^\{[A-Za-z_][\w-]*\}$|^\*$/;
const rest = /^\{[A-Za-z_][\w-]*\.\.\.\}$|^\*\*$/;

/**
 * Reads a path template: `{name}` or `*` stands for one segment that is not empty, `{name...}` or `**` at the end for
 * any rest, none included; everything else for itself.
 */
export function parseRoutePattern(text: string): ParsedPattern {
  if (!text.startsWith("/")) return { ok: false, expected: "a path such as /users/{id}" };
  const parts = text.slice(1).split("/");
  const last = parts.at(-1) ?? "";
  const open = rest.test(last);
  const fixed = open ? parts.slice(0, -1) : parts;
  const wrong = fixed.find((part) => !oneSegment.test(part) && /[{}*]/.test(part));
  if (wrong !== undefined) return { ok: false, expected: expectedFor(wrong) };
  const literals = fixed.map((part) => (oneSegment.test(part) ? undefined : part));
  return { ok: true, pattern: { text, matches: (path) => matches(literals, open, path) } };
}

function expectedFor(part: string): string {
  if (rest.test(part)) return `${part} at the end, as it stands for the rest of the path`;
  return `{name} or * for a whole segment, or {name...} or ** for the rest, in place of ${part}`;
}

/** Walks the path segment by segment; undefined in `literals` is any segment that is not empty. */
function matches(literals: readonly (string | undefined)[], open: boolean, path: string): boolean {
  let at = 0;
  for (const literal of literals) {
    if (path[at] !== "/") return false;
    const slash = path.indexOf("/", at + 1);
    const end = slash < 0 ? path.length : slash;
    const same =
      literal === undefined ? end > at + 1 : end - at - 1 === literal.length && path.startsWith(literal, at + 1);
    if (!same) return false;
    at = end;
  }
  return open ? at === path.length || path[at] === "/" : at === path.length;
}
