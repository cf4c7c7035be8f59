/** The name closest to `wrong` by edits (insert, delete, replace, swap of neighbours), if it is close enough to be meant. */
export function nearest(wrong: string, names: Iterable<string>): string | undefined {
  return nearestOf([wrong], names);
}

/** The name closest to any of the texts; of equals the first text and name win. */
export function nearestOf(texts: readonly string[], names: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const name of names) {
    for (const text of texts) {
      const limit = Math.max(1, Math.floor(text.length / 3));
      if (Math.abs(name.length - text.length) > limit) continue;
      const edits = name.toLowerCase() === text.toLowerCase() ? 0 : distance(text, name);
      if (edits <= limit && edits < least) [best, least] = [name, edits];
    }
  }
  return best;
}

/** Edits between two texts: optimal string alignment (Damerau 1964, restricted). */
function distance(a: string, b: string): number {
  let twoBack: number[] = [];
  let back = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let edits = Math.min((back[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (back[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        edits = Math.min(edits, (twoBack[j - 2] ?? 0) + 1);
      }
      row.push(edits);
    }
    twoBack = back;
    back = row;
  }
  return back[b.length] ?? 0;
}
