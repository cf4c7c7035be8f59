/** What one hop says of its client in x-forwarded-client-cert: values by key in lower case, repeated keys in order. */
export type ForwardedCert = ReadonlyMap<string, readonly string[]>;

/**
 * Reads the last element of x-forwarded-client-cert, the one that the nearest proxy wrote (Envoy, HTTP header
 * manipulation: x-forwarded-client-cert). Undefined if the header cannot be read: the JSON form (a value that starts
 * with `[` or `{`), a quote that never ends, text after a closing quote, a pair without `=`.
 *
 * ```
 * header  = element *( "," element )
 * element = pair *( ";" pair )
 * pair    = key "=" ( value | quoted )
 * quoted  = DQUOTE *( "\" any | any but DQUOTE ) DQUOTE
 * ```
 */
export function parseForwardedClientCert(header: string): ForwardedCert | undefined {
  const text = header.trim();
  if (text === "" || text.startsWith("[") || text.startsWith("{")) return undefined;
  let element = new Map<string, string[]>();
  for (let at = 0; ; ) {
    const pair = readPair(text, at);
    if (pair === undefined) return undefined;
    const values = element.get(pair.key);
    if (values === undefined) element.set(pair.key, [pair.value]);
    else values.push(pair.value);
    if (pair.end === text.length) return element;
    if (text[pair.end] === ",") element = new Map();
    at = pair.end + 1;
  }
}

interface Pair {
  readonly key: string;
  readonly value: string;
  /** Where the separator after it stands, or the end of the text. */
  readonly end: number;
}

function readPair(text: string, start: number): Pair | undefined {
  const equals = text.indexOf("=", start);
  if (equals < 0) return undefined;
  const key = text.slice(start, equals).trim().toLowerCase();
  if (key === "" || /[,;"]/.test(key)) return undefined;
  if (text[equals + 1] !== '"') {
    const end = endOfPlain(text, equals + 1);
    const value = text.slice(equals + 1, end);
    return value.includes('"') ? undefined : { key, value: value.trim(), end };
  }
  const quoted = readQuoted(text, equals + 2);
  if (quoted === undefined) return undefined;
  let end = quoted.end;
  while (text[end] === " ") end++;
  const closed = end === text.length || text[end] === ";" || text[end] === ",";
  return closed ? { key, value: quoted.value, end } : undefined;
}

function endOfPlain(text: string, start: number): number {
  let end = start;
  while (end < text.length && text[end] !== "," && text[end] !== ";") end++;
  return end;
}

/** The text up to the closing quote, escapes resolved; `end` is behind the quote. */
function readQuoted(text: string, start: number): { value: string; end: number } | undefined {
  let value = "";
  for (let i = start; i < text.length; i++) {
    const char = text[i];
    if (char === '"') return { value, end: i + 1 };
    if (char === "\\" && ++i >= text.length) return undefined;
    value += text[i];
  }
  return undefined;
}
