/** A plain character, or no character and a wildcard. */
export type Token = readonly [character: string, wildcard?: "*" | "**" | "?"];

/** How many tokens `tokenMatcher` takes: a state each and one for the end, in a 32-bit word. */
export const maxStates = 30;

const slash = 47;

/**
 * Follows all ways through the tokens at once, a bit for each place in them (Baeza-Yates and Gonnet 1992, "A new
 * approach to text searching"), over the text from one offset to another: one pass whatever the pattern.
 */
export function tokenMatcher(tokens: readonly Token[]): (text: string, from: number, to: number) => boolean {
  const bitsOf = (wanted: (token: Token) => boolean) =>
    tokens.reduce((bits, token, i) => (wanted(token) ? bits | (1 << i) : bits), 0);
  const single = bitsOf(([, wildcard]) => wildcard === "?");
  const across = bitsOf(([, wildcard]) => wildcard === "**");
  const stars = across | bitsOf(([, wildcard]) => wildcard === "*");
  const steps = new Map<number, number>();
  for (const [character] of tokens) {
    const code = character.codePointAt(0);
    if (code !== undefined) steps.set(code, bitsOf(([other]) => other === character) | (code === slash ? 0 : single));
  }
  const final = 1 << tokens.length;
  const start = 1 | ((1 & stars) << 1);
  return (text, from, to) => {
    let states = start;
    for (let i = from; i < to && states !== 0; i++) {
      const code = text.codePointAt(i) as number;
      if (code > 0xffff) i++;
      const step = steps.get(code) ?? (code === slash ? 0 : single);
      const moved = ((states & step) << 1) | (states & (code === slash ? across : stars));
      states = moved | ((moved & stars) << 1); // a star may also stand for nothing
    }
    return (states & final) !== 0;
  };
}
