/** Tells the names on a list from others, whatever the case of letters. */
export type NameList = (name: string) => boolean;

const MAX_KNOWN = 2000;
/** Longer names are looked at each time. */
const MAX_KNOWN_LENGTH = 128;

/** A list of names, where `keep` wins over `listed`; a star at the beginning or end of a pattern stands for anything. */
export function createNameList(listed: readonly string[], keep: readonly string[]): NameList {
  const isListed = createMatcher(listed);
  const isKept = createMatcher(keep);
  const known = new Map<string, boolean>();
  return (name) => {
    const verdict = known.get(name);
    if (verdict !== undefined) return verdict;
    const lower = name.toLowerCase();
    const found = isListed(lower) && !isKept(lower);
    if (known.size >= MAX_KNOWN) known.clear();
    if (name.length <= MAX_KNOWN_LENGTH) known.set(name, found);
    return found;
  };
}

function createMatcher(patterns: readonly string[]): (lower: string) => boolean {
  const exact = new Set<string>();
  const tests: ((lower: string) => boolean)[] = [];
  for (const pattern of patterns.map((one) => one.toLowerCase())) {
    const text = pattern.replace(/^\*|\*$/g, "");
    const open = [pattern.startsWith("*"), pattern.length > 1 && pattern.endsWith("*")];
    if (open[0] && (open[1] || text === "")) tests.push((lower) => lower.includes(text));
    else if (open[0]) tests.push((lower) => lower.endsWith(text));
    else if (open[1]) tests.push((lower) => lower.startsWith(text));
    else exact.add(pattern);
  }
  return (lower) => exact.has(lower) || tests.some((test) => test(lower));
}
