import { inspectHandler } from "../../dispatch/spool/inspect-log.ts";
import { purgeDead, purgePending, purgeQuarantine } from "../../dispatch/spool/rearrange-logs.ts";
import { parseArguments, usage } from "../parse-arguments.ts";
import { count, dataDirOption, findHandler, type SpoolAction, whileStopped } from "./action.ts";

/** Deletes what waits, dead letters, or what was set aside. */
export const purge: SpoolAction = async (argv, io) => {
  const { values, positionals } = parseArguments(argv, {
    verb: "spool purge",
    options: {
      ...dataDirOption,
      pending: { type: "boolean", default: false },
      dead: { type: "boolean", default: false },
      quarantine: { type: "boolean", default: false },
      yes: { type: "boolean", default: false },
    },
    maxPositionals: 1,
  });
  const dataDir = values["data-dir"];
  const { handler, directory } = await findHandler(dataDir, positionals, "purge");
  const { pending, dead, quarantine } = values;
  if (!pending && !dead && !quarantine) throw usage("spool", "purge needs --pending, --dead or --quarantine");
  const there = await inspectHandler(directory);
  const parts = [
    ...(pending ? [`${count(there.pending, "record")} not yet delivered`] : []),
    ...(dead ? [count(there.deadLetters.records + there.replays.records, "dead letter")] : []),
    ...(quarantine ? [`${count(there.quarantined.notes, "damaged piece")} set aside`] : []),
  ];
  if (!values.yes) throw usage("spool", `this deletes ${parts.join(", ")} of ${handler} for good: add --yes`);
  await whileStopped(dataDir, async () => {
    if (pending) await purgePending(directory);
    if (dead) await purgeDead(directory);
    if (quarantine) await purgeQuarantine(directory);
  });
  io.stdout.write(`${handler}: deleted ${parts.join(", ")}\n`);
  return 0;
};
