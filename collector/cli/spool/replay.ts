import { join } from "node:path";
import { moveToReplay } from "../../dispatch/spool/rearrange-logs.ts";
import { scanLog } from "../../dispatch/spool/scan-log.ts";
import { parseArguments } from "../parse-arguments.ts";
import { count, dataDirOption, findHandler, type SpoolAction, whetherOrNot } from "./action.ts";

/** Gives dead letters to the handler again. */
export const replay: SpoolAction = async (argv, io) => {
  const { values, positionals } = parseArguments(argv, {
    verb: "spool replay",
    options: dataDirOption,
    maxPositionals: 1,
  });
  const dataDir = values["data-dir"];
  const { handler, directory } = await findHandler(dataDir, positionals, "replay");
  return whetherOrNot(dataDir, async (isLocked) => {
    const before = await lettersIn(join(directory, "dead"));
    await moveToReplay(directory, isLocked);
    const left = await lettersIn(join(directory, "dead"));
    const when = isLocked ? "are sent when the hub starts" : "are sent by the running hub within seconds";
    io.stdout.write(`${handler}: ${count(Math.max(0, before - left), "dead letter")} ${when}\n`);
    if (left > 0) io.stderr.write(`${count(left, "letter")} of the last five seconds stayed: run it again for them\n`);
    return 0;
  });
};

async function lettersIn(directory: string): Promise<number> {
  let letters = 0;
  for await (const found of scanLog(directory)) if (found.kind === "record") letters++;
  return letters;
}
