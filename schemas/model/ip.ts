/**
 * Brings the text of an IP address into its canonical form: RFC 5952 for IPv6, dotted decimals without leading zeros
 * for IPv4, IPv4-mapped IPv6 (`::ffff:0:0/96`, RFC 4291 2.5.5.2) as IPv4. An IPv6 zone (`%eth0`, RFC 4007) is dropped,
 * as it means something only on the host that wrote it. Gives undefined for text that is no IP address.
 */
export function parseIp(text: string): string | undefined {
  if (isIpv4(text)) return text;
  const zone = text.indexOf("%");
  if (zone === text.length - 1) return undefined;
  const groups = toGroups(zone < 0 ? text : text.slice(0, zone));
  return groups && fromGroups(groups);
}

/** IPv4: four numbers up to 255 without leading zeros. */
function isIpv4(text: string): boolean {
  const end = text.length;
  if (end > 15) return false;
  let dots = 0;
  let digits = 0;
  let number = 0;
  for (let i = 0; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code === 46) {
      if (digits === 0 || ++dots > 3) return false;
      digits = 0;
      number = 0;
      continue;
    }
    if (code < 48 || code > 57 || (digits > 0 && number === 0)) return false;
    number = number * 10 + code - 48;
    if (number > 255) return false;
    digits++;
  }
  return dots === 3 && digits > 0;
}

/** The eight 16-bit groups of an IPv6 address (RFC 4291 2.2), or undefined. */
function toGroups(text: string): number[] | undefined {
  if (text.length > 45) return undefined;
  const gap = text.indexOf("::");
  if (gap < 0) {
    const groups = toRun(text, true);
    return groups?.length === 8 ? groups : undefined;
  }
  const tail = text.slice(gap + 2);
  const before = gap === 0 ? [] : toRun(text.slice(0, gap), false);
  const after = tail === "" ? [] : toRun(tail, true);
  if (!before || !after) return undefined;
  const missing = 8 - before.length - after.length;
  return missing < 1 ? undefined : [...before, ...new Array<number>(missing).fill(0), ...after];
}

/** Groups parted by single colons; the last two may be an IPv4 address if `dotted`. */
function toRun(text: string, dotted: boolean): number[] | undefined {
  const parts = text.split(":");
  const groups: number[] = [];
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else if (dotted && i === parts.length - 1 && isIpv4(part)) {
      const [a, b, c, d] = part.split(".").map(Number) as [number, number, number, number];
      groups.push(a * 256 + b, c * 256 + d);
    } else return undefined;
  }
  return groups;
}

function fromGroups(groups: readonly number[]): string {
  if (groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0)) {
    const [high, low] = [groups[6] ?? 0, groups[7] ?? 0];
    return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  }
  const { start, length } = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(":");
  return `${hex.slice(0, start).join(":")}::${hex.slice(start + length).join(":")}`;
}

/** The longest run of zero groups, the first of equals (RFC 5952 4.2.3). */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let i = 0; i < groups.length; i++) {
    const start = i;
    while (groups[i] === 0) i++;
    if (i - start > best.length) best = { start, length: i - start };
  }
  return best;
}
