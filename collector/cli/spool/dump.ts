import { join } from "node:path";
import { readAck } from "../../dispatch/spool/ack-file.ts";
import { fromEnvelope } from "../../dispatch/spool/dead-letter.ts";
import { scanLog } from "../../dispatch/spool/scan-log.ts";
import type { SpoolRecord } from "../../dispatch/spool/spool.ts";
import { parseArguments, usage } from "../parse-arguments.ts";
import { dataDirOption, findHandler, type SpoolAction, writeSlowly } from "./action.ts";

/** Shows records as JSON lines. */
export const dump: SpoolAction = async (argv, io) => {
  const { values, positionals } = parseArguments(argv, {
    verb: "spool dump",
    options: {
      ...dataDirOption,
      dead: { type: "boolean", default: false },
      from: { type: "string" },
      limit: { type: "string" },
    },
    maxPositionals: 1,
  });
  const { directory } = await findHandler(values["data-dir"], positionals, "dump");
  const folder = values.dead ? join(directory, "dead") : directory;
  const from = wholeNumber("from", values.from) ?? (readAck(join(folder, "ack")) ?? 0) + 1;
  let left = wholeNumber("limit", values.limit) ?? Number.POSITIVE_INFINITY;
  for await (const found of scanLog(folder, from)) {
    if (found.kind !== "record" || found.record.position < from) continue;
    if (left-- <= 0 || !(await writeSlowly(io, toLine(found.record)))) break;
  }
  return 0;
};

function wholeNumber(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^\d{1,15}$/.test(value)) throw usage("spool dump", `option --${option} needs a whole number, not "${value}"`);
  return Number(value);
}

function toLine({ position, timeMs, payload }: SpoolRecord): string {
  const time = new Date(timeMs).toISOString();
  return `${JSON.stringify({ position, time }).slice(0, -1)},${toMember(payload)}}\n`;
}

function toMember(payload: Buffer): string {
  const json = jsonOf(payload);
  if (json !== undefined) return `"record":${json}`;
  const { payload: instance, ...facts } = fromEnvelope(payload) ?? { payload };
  const base64 = Buffer.from(instance).toString("base64");
  return Object.keys(facts).length === 0 ? `"base64":"${base64}"` : `"record":${JSON.stringify({ ...facts, base64 })}`;
}

/** JSON as it is, since a number may have more digits than can be kept, on one line. */
function jsonOf(payload: Buffer): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(payload);
    const value: unknown = JSON.parse(text);
    return /[\r\n]/.test(text) ? JSON.stringify(value) : text;
  } catch {
    return undefined;
  }
}
