/** The name closest to `wrong`, whatever the case of letters, if it is close enough to be meant: edits for at most a third of it. */
export function nearest(wrong: string, names: Iterable<string>): string | undefined {
  return nearestOf([wrong], names);
}

/** The name closest to any of the texts; of equally close ones the first name wins. */
export function nearestOf(texts: readonly string[], names: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const name of names) {
    for (const text of texts) {
      const limit = Math.max(1, Math.floor(text.length / 3));
      // The cheap test first: a text of any length costs nothing unless a name is about as long.
      if (Math.abs(name.length - text.length) > limit) continue;
      const edits = distance(text.toLowerCase(), name.toLowerCase());
      if (edits <= limit && edits < least) [best, least] = [name, edits];
    }
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours between two texts: optimal string alignment (Damerau 1964, restricted). */
function distance(a: string, b: string): number {
  let twoBack: number[] = [];
  let back = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let edits = Math.min(back[j]! + 1, row[j - 1]! + 1, back[j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        edits = Math.min(edits, twoBack[j - 2]! + 1);
      row.push(edits);
    }
    twoBack = back;
    back = row;
  }
  return back[b.length]!;
}
