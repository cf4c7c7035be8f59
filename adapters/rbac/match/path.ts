import { type MatchText, matchText } from "./text.ts";

/** What a segment may be made of in a template (RFC 3986 pchar without the star). */
const characters = "A-Za-z0-9\\-._~%!$&'()+,;:@=";
const literal = new RegExp(`^[${characters}]*$`);

/** Operators of a template, as expressions. `{*}` cannot pass a slash and `{**}` comes once, so matching takes linear time. */
const operators: Readonly<Record<string, string>> = { "{*}": `[${characters}]+`, "{**}": `[${characters}/]*` };

/** Whether a path is a template rather than plain text. */
export const isTemplate = (path: string): boolean => path.includes("{*}") || path.includes("{**}");

/** Matches a path without its query against a text pattern or a template. */
export function matchPath(pattern: string): MatchText {
  if (!isTemplate(pattern)) return matchText(pattern);
  const source = pattern.split("/").map((segment) => operators[segment] ?? quote(segment));
  const expression = new RegExp(`^${source.join("/")}$`);
  return (text) => text !== undefined && expression.test(text);
}

function quote(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/** Why Istio takes no such path; undefined if it does. */
export function pathProblem(path: string): string | undefined {
  const template = isTemplate(path);
  if (template && !path.startsWith("/")) return "is a template, and must begin with /";
  let ended = false;
  for (const segment of path.split("/")) {
    const isOperator = segment in operators;
    if (isOperator && ended) return "has an operator after {**}, which must be the last";
    ended ||= segment === "{**}";
    if (!isOperator && /[{}]/.test(segment)) return "may have braces only as a whole segment {*} or {**}";
    if (!isOperator && template && !literal.test(segment))
      return `is a template, and must not have the segment ${segment}`;
  }
  return undefined;
}
