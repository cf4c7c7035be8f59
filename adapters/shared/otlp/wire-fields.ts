/** One field of a message: where its tag is, and where its value starts and ends. */
export interface WireField {
  readonly field: number;
  readonly wireType: number;
  readonly tagAt: number;
  readonly start: number;
  readonly end: number;
}

/** Calls back for each field of the message in a range of bytes, in order. Ends at what cannot be read, which the hub has checked before. */
export function eachField(bytes: Uint8Array, from: number, to: number, visit: (field: WireField) => void): void {
  for (let at = from; at < to; ) {
    const tagAt = at;
    const tag = varintAt(bytes, at, to);
    const wireType = tag.value % 8;
    const { start, end } = valueAt(bytes, tag.end, to, wireType);
    if (end <= tagAt || end > to) return;
    visit({ field: Math.floor(tag.value / 8), wireType, tagAt, start, end });
    at = end;
  }
}

function valueAt(bytes: Uint8Array, at: number, to: number, wireType: number): { start: number; end: number } {
  if (wireType === 0) return { start: at, end: varintAt(bytes, at, to).end };
  if (wireType === 1) return { start: at, end: at + 8 };
  if (wireType === 5) return { start: at, end: at + 4 };
  const length = varintAt(bytes, at, to);
  return { start: length.end, end: wireType === 2 ? length.end + length.value : -1 };
}

function varintAt(bytes: Uint8Array, from: number, to: number): { value: number; end: number } {
  let value = 0;
  let scale = 1;
  for (let at = from; at < to; at++, scale *= 128) {
    const byte = bytes[at]!;
    value += (byte & 127) * scale;
    if (byte < 128) return { value, end: at + 1 };
  }
  return { value, end: to + 1 };
}
