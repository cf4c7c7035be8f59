import type { Line } from "./lines.ts";

/** Lines put together, as many as fit, and those that fit into no datagram. */
export interface Datagrams {
  readonly datagrams: readonly Line[];
  readonly tooLong: readonly Line[];
}

/** Puts lines together in their order, none above `maxBytes`. */
export function toDatagrams(lines: readonly Line[], maxBytes: number): Datagrams {
  const groups: Line[][] = [];
  const tooLong: Line[] = [];
  let room = -1;
  for (const line of lines) {
    const bytes = Buffer.byteLength(line.text);
    if (bytes > maxBytes) {
      tooLong.push(line);
      continue;
    }
    if (bytes + 1 > room) {
      groups.push([]);
      room = maxBytes + 1;
    }
    groups.at(-1)!.push(line);
    room -= bytes + 1;
  }
  return { datagrams: groups.map(joined), tooLong };
}

function joined(lines: readonly Line[]): Line {
  return { text: lines.map(({ text }) => text).join("\n"), indexes: lines.flatMap(({ indexes }) => indexes) };
}
