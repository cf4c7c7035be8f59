import { percentDecode } from "../../schemas/model/percent.ts";

/** A path before its query. */
export function urlPathOf(path: string): string {
  const question = path.indexOf("?");
  return question < 0 ? path : path.slice(0, question);
}

/**
 * The query parameters of a path: names and values percent-decoded, the first value of a repeated name, an empty value
 * where there is no `=`. Undefined if the path has no parameters.
 */
export function parseQueryParams(path: string): ReadonlyMap<string, string> | undefined {
  const question = path.indexOf("?");
  if (question < 0) return undefined;
  const fragment = path.indexOf("#", question);
  const query = fragment < 0 ? path.slice(question + 1) : path.slice(question + 1, fragment);
  const params = new Map<string, string>();
  for (const pair of query.split("&")) {
    const equals = pair.indexOf("=");
    const name = percentDecode(equals < 0 ? pair : pair.slice(0, equals));
    if (name === "" || params.has(name)) continue;
    params.set(name, equals < 0 ? "" : percentDecode(pair.slice(equals + 1)));
  }
  return params.size === 0 ? undefined : params;
}
