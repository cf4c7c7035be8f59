import { join } from "node:path";
import { readAck } from "../../dispatch/spool/ack-file.ts";
import { logFolders } from "../../dispatch/spool/mend-log.ts";
import { Quarantine } from "../../dispatch/spool/quarantine.ts";
import { type Found, scanLog } from "../../dispatch/spool/scan-log.ts";
import { segmentName } from "../../dispatch/spool/segment-list.ts";
import { errorTable } from "../../errors.ts";
import type { CommandIo } from "../command.ts";
import { parseArguments } from "../parse-arguments.ts";
import { count, dataDirOption, findHandlers, type SpoolAction } from "./action.ts";

/** What was found, over all logs. */
interface Tally {
  records: number;
  damaged: number;
}

/** Reads everything and names damage by file and byte. */
export const verify: SpoolAction = async (argv, io) => {
  const { values, positionals } = parseArguments(argv, {
    verb: "spool verify",
    options: dataDirOption,
    maxPositionals: Number.POSITIVE_INFINITY,
  });
  const tally: Tally = { records: 0, damaged: 0 };
  for (const { directory } of await findHandlers(values["data-dir"], positionals))
    for (const folder of logFolders) await verifyLog(join(directory, folder), folder === "", tally, io);
  io.stderr.write(`${count(tally.records, "sound record")}, ${count(tally.damaged, "damaged place")}\n`);
  return tally.damaged === 0 ? 0 : errorTable.SPOOL_DAMAGED.exit;
};

async function verifyLog(directory: string, isWhole: boolean, tally: Tally, io: CommandIo): Promise<void> {
  const quarantine = new Quarantine(directory, Date.now);
  let last = isWhole ? readAck(join(directory, "ack")) : undefined;
  let isDamaged = false;
  for await (const found of scanLog(directory)) {
    if (found.kind === "record") {
      const { position } = found.record;
      tally.records++;
      const missing = last === undefined ? 0 : position - last - 1;
      if (missing > 0 && isWhole && !isDamaged && !(await quarantine.holdsMissing(last! + 1, missing))) {
        tally.damaged++;
        io.stdout.write(`${directory}: ${count(missing, "record")} missing from position ${last! + 1} on\n`);
      }
      last = Math.max(last ?? 0, position);
      isDamaged = false;
      continue;
    }
    isDamaged ||= found.kind === "damage";
    io.stdout.write(`${join(directory, segmentName(found.first))}:${found.from}-${found.to}: `);
    io.stdout.write(`${await tellDamage(found, quarantine, tally)}\n`);
  }
}

async function tellDamage(
  found: Exclude<Found, { kind: "record" }>,
  quarantine: Quarantine,
  tally: Tally,
): Promise<string> {
  if (found.kind === "torn") return "a write was interrupted or is under way; its sender was not told that it was kept";
  if (await quarantine.holdsRange(found.first, found.from, found.to)) return "damaged, set aside before";
  tally.damaged++;
  return `damaged: ${found.reason}`;
}
