/** A request that opa-envoy would not take: it is refused with 400. */
export class RequestParseError extends Error {}

/** Decodes percent escapes as Go's net/url does: a bad one is an error. */
export function unescapePath(text: string): string {
  if (!text.includes("%")) return text;
  const bytes: Buffer[] = [];
  let from = 0;
  for (let at = text.indexOf("%"); at >= 0; at = text.indexOf("%", from)) {
    const digits = text.slice(at + 1, at + 3);
    if (!/^[0-9a-f]{2}$/i.test(digits))
      throw new RequestParseError(`invalid URL escape ${JSON.stringify(`%${digits}`)}`);
    bytes.push(Buffer.from(text.slice(from, at)), Buffer.from(digits, "hex"));
    from = at + 3;
  }
  return Buffer.concat([...bytes, Buffer.from(text.slice(from))]).toString();
}

/** The segments of a path: cut at the first `?`, decoded, without the slashes before it. */
export function parsePath(path: string): string[] {
  const [before = ""] = path.split("?", 1);
  return unescapePath(before).replace(/^\/+/, "").split("/");
}

/** Values by name of a query or a form, in their order, as Go's ParseQuery reads them. */
export function parseQuery(query: string): Record<string, string[]> {
  const values: Record<string, string[]> = Object.create(null);
  for (const pair of query.split("&")) {
    if (pair === "") continue;
    if (pair.includes(";")) throw new RequestParseError("invalid semicolon separator in query");
    const equals = pair.indexOf("=");
    const plain = (text: string) => unescapePath(text.replaceAll("+", " "));
    const name = plain(equals < 0 ? pair : pair.slice(0, equals));
    values[name] ??= [];
    values[name].push(equals < 0 ? "" : plain(pair.slice(equals + 1)));
  }
  return values;
}

/** The query of a path. */
export function queryOf(path: string): string {
  const question = path.indexOf("?");
  return question < 0 ? "" : path.slice(question + 1);
}
