/** Headers of a request: joined by name, and line by line. */
export interface Headers {
  /** Names in lower case, values of a repeated one joined by commas. */
  readonly map: ReadonlyMap<string, string>;
  /** The values of a name, each once. */
  values(name: string): readonly string[];
}

/** Reads headers from names and values in turn, as Node gives them: bytes as Latin-1, which are meant as UTF-8. */
export function readHeaders(raw: readonly string[]): Headers {
  const map = new Map<string, string>();
  const lines: (readonly [string, string])[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase();
    const value = toText(raw[i + 1] as string);
    lines.push([name, value]);
    const before = map.get(name);
    map.set(name, before === undefined ? value : `${before},${value}`);
  }
  return { map, values: (name) => [...new Set(lines.filter(([key]) => key === name).map(([, value]) => value))] };
}

/** Bytes that are no UTF-8 become U+FFFD. */
function toText(latin1: string): string {
  return /^[\0-\x7f]*$/.test(latin1) ? latin1 : Buffer.from(latin1, "latin1").toString("utf8");
}
