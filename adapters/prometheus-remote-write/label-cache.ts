import type { Label, SharedLabels, TimeSeries } from "./time-series.ts";

/**
 * Encodes labels, those that series share once for all that follow one another: a histogram's twenty series differ in two of
 * twenty labels.
 */
export function createLabelCache<Piece>(encode: (labels: readonly Label[]) => Piece) {
  let known: SharedLabels | undefined;
  let pieces: readonly [Piece, Piece, Piece];
  return ({ name, le, labels }: Pick<TimeSeries, "name" | "le" | "labels">): readonly Piece[] => {
    if (labels !== known) {
      known = labels;
      pieces = [encode(labels.first), encode(labels.middle), encode(labels.last)];
    }
    const [first, middle, last] = pieces;
    const named = encode([["__name__", name]]);
    return le === undefined ? [first, named, middle, last] : [first, named, middle, encode([["le", le]]), last];
  };
}
