import { statsConfig } from "../../collector/config/stats-schema.ts";
import { openStats } from "../../collector/stats/stats.ts";
import { aRequest } from "./stats-record.ts";

// A process that counts requests and then hangs: `stats-child.ts <folder> <start in ms> <requests>`. Says "written" once the
// bucket has gone to disk, as it does on its own within two seconds after its end.

const [directory, start, count] = process.argv.slice(2);
let nowMs = Number(start);
const log = { info() {}, warn() {}, error() {} };
const stats = await openStats({ config: statsConfig.parse({}), directory: directory!, log, now: () => nowMs });
for (let index = 0; index < Number(count); index++) stats.record(aRequest(nowMs + index));
nowMs += 12_000;
const watch = setInterval(() => {
  if ((stats.counters().store?.written ?? 0) === 0) return;
  clearInterval(watch);
  process.stdout.write("written\n");
}, 5);
