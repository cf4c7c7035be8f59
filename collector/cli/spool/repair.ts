import { mendHandler } from "../../dispatch/spool/mend-log.ts";
import { parseArguments } from "../parse-arguments.ts";
import { count, dataDirOption, findHandlers, type SpoolAction, whileStopped } from "./action.ts";

/** Sets damage aside, as a hub does on its way. */
export const repair: SpoolAction = async (argv, io) => {
  const { values, positionals } = parseArguments(argv, {
    verb: "spool repair",
    options: dataDirOption,
    maxPositionals: Number.POSITIVE_INFINITY,
  });
  const dataDir = values["data-dir"];
  const handlers = await findHandlers(dataDir, positionals);
  let places = 0;
  await whileStopped(dataDir, async () => {
    for (const { handler, directory } of handlers) {
      const tell = (text: string) => io.stdout.write(`${handler}: ${text}\n`);
      const events = {
        quarantined(records: number, bytes: number, file: string) {
          places++;
          tell(`${file}: ${count(bytes, "byte")} set aside, ${count(records, "record")} missing`);
        },
        torn: (bytes: number) => tell(`an interrupted write of ${count(bytes, "byte")} cut off`),
      };
      await mendHandler(directory, events, Date.now);
    }
  });
  io.stderr.write(`${count(places, "damaged place")} set aside\n`);
  return 0;
};
