import { join } from "node:path";
import { fromEnvelope } from "../../../collector/dispatch/spool/dead-letter.ts";
import { scanLog } from "../../../collector/dispatch/spool/scan-log.ts";
import type { Judge } from "./judge.ts";

/** Tells the judge of all dead letters below a data folder. */
export async function buryDeadLetters(dataDir: string, judge: Judge): Promise<void> {
  for await (const found of scanLog(join(dataDir, "spool", "sink", "dead"))) {
    if (found.kind !== "record") continue;
    const letter = fromEnvelope(found.record.payload);
    const item = JSON.parse(letter?.payload.toString() ?? "{}");
    judge.bury(JSON.stringify(item.i?.variables ?? null));
  }
}
