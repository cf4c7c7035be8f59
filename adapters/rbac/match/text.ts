/** Says whether a text fits; a text that is absent fits nothing. */
export type MatchText = (text: string | undefined) => boolean;

/** `*` is one character or more, `*x` a suffix, `x*` a prefix; any other pattern, with a star inside or not, is the text itself. */
export function matchText(pattern: string): MatchText {
  if (pattern === "*") return (text) => text !== undefined && text !== "";
  if (pattern.startsWith("*")) {
    const suffix = pattern.slice(1);
    return (text) => text?.endsWith(suffix) ?? false;
  }
  if (pattern.endsWith("*")) {
    const prefix = pattern.slice(0, -1);
    return (text) => text?.startsWith(prefix) ?? false;
  }
  return (text) => text === pattern;
}

/** As matchText, but `*` is any text that is there, even an empty one, as for headers. */
export function matchPresent(pattern: string): MatchText {
  return pattern === "*" ? (text) => text !== undefined : matchText(pattern);
}

/** As matchPresent, in any case, as for hosts. */
export function matchHost(pattern: string): MatchText {
  const matches = matchPresent(pattern.toLowerCase());
  return (text) => matches(text?.toLowerCase());
}
