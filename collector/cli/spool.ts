import { nearest } from "../../schemas/model/nearest.ts";
import type { Command } from "./command.ts";
import { usage } from "./parse-arguments.ts";
import type { SpoolAction } from "./spool/action.ts";
import { dump } from "./spool/dump.ts";
import { ls } from "./spool/ls.ts";
import { purge } from "./spool/purge.ts";
import { repair } from "./spool/repair.ts";
import { replay } from "./spool/replay.ts";
import { verify } from "./spool/verify.ts";

const actions: Readonly<Record<string, SpoolAction>> = { ls, verify, repair, dump, replay, purge };

/** Looks after the logs on disk in front of durable handlers, and after dead letters. */
export const spoolCommand: Command = {
  name: "spool",
  summary: "Looks after the logs on disk in front of handlers, and after dead letters.",
  help: `Usage: mixdown spool ls     [HANDLER]... [--json]
       mixdown spool verify [HANDLER]...
       mixdown spool repair [HANDLER]...
       mixdown spool dump   HANDLER [--dead] [--from POSITION] [--limit N]
       mixdown spool replay HANDLER
       mixdown spool purge  HANDLER [--pending] [--dead] [--quarantine] --yes

  ls      What waits for each handler: records not yet delivered, bytes on disk, when the
          oldest came, dead letters (rejected for good), and what was damaged and set aside.
  verify  Reads everything and names damage by file and byte. Ends with 65 if there is any.
  repair  Sets damage aside in quarantine/, each piece with a note. A running hub does that by
          itself as it reads.
  dump    Records as JSON lines: {"position","time","record"}, or "base64" for what is no JSON.
          What is pending, or dead letters with reason and attempts.
  replay  Gives dead letters to the handler again: a running hub takes them within seconds,
          else the next one when it starts. Letters of the last five seconds stay.
  purge   Deletes for good.

repair and purge need the hub to be stopped; the others may be used beside it.

  --data-dir DIR   Where the hub keeps its data (default: ./data).
  --json           One JSON object: {"handlers":[{"handler","pending","bytes","oldest",
                   "deadLetters","replays","quarantined"}]}.
  --dead           Dead letters instead of, or beside, what is pending.
  --from POSITION  First record to show; without it, the oldest that is not done with.
  --limit N        Most records to show.
  --yes            Yes, delete.

Examples:
  mixdown spool ls
  mixdown spool verify audit --data-dir /var/lib/mixdown
  mixdown spool dump audit --dead --limit 10 | jq .record.reason
  mixdown spool replay audit
  mixdown spool purge audit --dead --yes
`,
  async run(argv, io) {
    const [name = "", ...rest] = argv;
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
    if (action !== undefined) return action(rest, io);
    const names = Object.keys(actions);
    const meant = nearest(name, names);
    const hint = meant === undefined ? `one of ${names.join(", ")} is` : `"${meant}" is probably`;
    throw usage("spool", name === "" ? `${hint} missing` : `unknown action "${name}", ${hint} meant`);
  },
};
