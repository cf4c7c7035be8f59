import { type HandlerSpool, inspectHandler } from "../../dispatch/spool/inspect-log.ts";
import { parseArguments } from "../parse-arguments.ts";
import { dataDirOption, findHandlers, type SpoolAction } from "./action.ts";

type Row = HandlerSpool & { readonly handler: string };

/** Lists what waits for each handler. */
export const ls: SpoolAction = async (argv, io) => {
  const { values, positionals } = parseArguments(argv, {
    verb: "spool ls",
    options: { ...dataDirOption, json: { type: "boolean", default: false } },
    maxPositionals: Number.POSITIVE_INFINITY,
  });
  const rows: Row[] = [];
  for (const { handler, directory } of await findHandlers(values["data-dir"], positionals))
    rows.push({ handler, ...(await inspectHandler(directory)) });
  io.stdout.write(values.json ? `${JSON.stringify({ handlers: rows.map(toJson) }, undefined, 2)}\n` : toTable(rows));
  return 0;
};

const timeOf = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString());

function toJson({ oldestMs, ...row }: Row): object {
  const { handler, pending, bytes, ...rest } = row;
  return { handler, pending, bytes, oldest: timeOf(oldestMs), ...rest };
}

function toTable(rows: readonly Row[]): string {
  const head = ["HANDLER", "PENDING", "BYTES", "OLDEST", "DEAD LETTERS", "TO REPLAY", "QUARANTINED"];
  const lines = [head, ...rows.map(toCells)];
  const widths = head.map((_, column) => Math.max(...lines.map((cells) => cells[column]!.length)));
  const toLine = (cells: readonly string[]) => cells.map((cell, column) => cell.padEnd(widths[column]!)).join("  ");
  return lines.map((cells) => `${toLine(cells).trimEnd()}\n`).join("");
}

function toCells({ handler, pending, bytes, oldestMs, deadLetters, replays, quarantined }: Row): string[] {
  const numbers = [deadLetters.records, replays.records, quarantined.records].map(String);
  return [handler, String(pending), String(bytes), timeOf(oldestMs) ?? "-", ...numbers];
}
