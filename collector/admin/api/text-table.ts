/** A column of a table: its head, and whether it holds numbers. */
export interface Column {
  readonly head: string;
  readonly alignRight: boolean;
}

/** Longest cell; more is cut off. */
const maxWidth = 60;

/**
 * Characters that would move the cursor, change colours or turn the direction of text: control characters, line ends of
 * Unicode, and the marks of UAX 9. What is shown comes from traffic, and a terminal obeys it.
 */
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Text that a terminal shows and does not obey. */
export const toPlainText = (text: string): string => text.replace(unsafe, "\uFFFD");

/** An aligned table for a terminal; each line ends with a line feed. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const heads = columns.map(({ head }) => head);
  const cells = [heads, ...rows].map((row) => row.map(toCell));
  const widths = columns.map((_, place) => cells.reduce((width, row) => Math.max(width, lengthOf(row[place])), 0));
  const toLine = (row: readonly string[]) =>
    columns.map(({ alignRight }, place) => pad(row[place] ?? "", widths[place] ?? 0, alignRight)).join("  ");
  return cells.map((row) => `${toLine(row).trimEnd()}\n`).join("");
}

const lengthOf = (cell: string | undefined): number => [...(cell ?? "")].length;

function toCell(text: string): string {
  const characters = [...toPlainText(text)];
  if (characters.length === 0) return "-";
  return characters.length > maxWidth ? `${characters.slice(0, maxWidth - 1).join("")}…` : characters.join("");
}

function pad(cell: string, width: number, alignRight: boolean): string {
  const space = " ".repeat(width - lengthOf(cell));
  return alignRight ? space + cell : cell + space;
}
