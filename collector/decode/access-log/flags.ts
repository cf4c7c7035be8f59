import { ProtoReader } from "../reader.ts";

/** Short codes of envoy.data.accesslog.v3.ResponseFlags by field number, as Envoy's text logs write them. */
export const flagCodes = [
  "",
  "LH",
  "UH",
  "UT",
  "LR",
  "UR",
  "UF",
  "UC",
  "UO",
  "NR",
  "DI",
  "FI",
  "RL",
  "UAEX",
  "RLSE",
  "DC",
  "URX",
  "SI",
  "IH",
  "DPE",
  "UMSDR",
  "RFCF",
  "NFCF",
  "DT",
  "UPE",
  "NC",
  "OM",
  "DF",
  "DR",
] as const;

const unauthorizedDetails = 13;
const externalService = 1;

/** The codes of the flags that are set, joined by commas in field order; undefined if none is. */
export function parseFlags(bytes: Buffer, start: number, end: number): string | undefined {
  const reader = new ProtoReader().reset(bytes, start, end);
  const set = new Array<boolean>(flagCodes.length).fill(false);
  while (reader.more) {
    const tag = reader.tag();
    const field = tag >>> 3;
    if (field === unauthorizedDetails) set[field] = readReason(reader) === externalService;
    else if (field < flagCodes.length) set[field] = reader.bool();
    else reader.skip(tag & 7);
  }
  return flagCodes.filter((_, field) => set[field]).join(",") || undefined;
}

/** Unauthorized: Reason reason = 1. */
function readReason(reader: ProtoReader): number {
  const outer = reader.enter();
  let reason = 0;
  while (reader.more) {
    const tag = reader.tag();
    if (tag === 8) reason = reader.varint();
    else reader.skip(tag & 7);
  }
  reader.leave(outer);
  return reason;
}
