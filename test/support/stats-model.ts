import type { RecordValues } from "./stats-record.ts";

/** One record of the model: what it says, when it ended, and what it stands for. */
export interface ModelRecord {
  readonly values: RecordValues;
  readonly endMs: number;
  readonly weight: number;
}

/** Sums that statistics must give exactly. */
export interface ModelSums {
  requests: number;
  errors: number;
  bytesIn: number;
  bytesOut: number;
  opened: number;
  closed: number;
  readonly durations: number[];
}

const serverErrors = ["2", "4", "8", "12", "13", "14", "15"];
const unreached = ["UF", "UH", "UO", "NR", "NC", "RL", "UAEX", "FI"];

const flagsOf = ({ values }: ModelRecord) => `${values["context.proxy_error_code"] ?? ""}`.split(",").filter(Boolean);

/** DESIGN 5, written down once more, plainly. */
export function isModelError(record: ModelRecord): boolean {
  const { values } = record;
  const code = values["response.code"];
  const grpc = values["response.grpc_status"];
  if (typeof code === "number" && code >= 500 && code < 600) return true;
  if (typeof grpc === "string" && serverErrors.includes(grpc)) return true;
  return code === undefined && grpc === undefined && flagsOf(record).some((flag) => flag !== "DC");
}

/** The destination service by the rule of naming. */
export const modelService = ({ values }: ModelRecord): string =>
  `${values["destination.service.name"] ?? values["destination.service.host"] ?? values["destination.canonical.name"] ?? values["destination.workload.name"] ?? "unknown"}`;

/** DESIGN 2 on reporters, plainly: which records of a range count. */
export function countedRecords(
  records: readonly ModelRecord[],
  reporter: "auto" | "inbound" | "outbound",
): ModelRecord[] {
  const kind = ({ values }: ModelRecord) => values["context.reporter.kind"];
  if (reporter !== "auto") return records.filter((record) => kind(record) === reporter);
  const served = new Set(records.filter((record) => kind(record) === "inbound").map(modelService));
  return records.filter((record) => {
    if (kind(record) !== "outbound") return true;
    const tcpBefore = record.values["context.protocol"] === "tcp" && record.values["connection.event"] !== "close";
    const noUpstream = record.values["upstream.address"] === undefined && !tcpBefore;
    const neverReached = noUpstream || flagsOf(record).some((flag) => unreached.includes(flag));
    return neverReached || !served.has(modelService(record));
  });
}

/** Adds records up by a key. */
export function sumBy(records: readonly ModelRecord[], key: (record: ModelRecord) => string): Map<string, ModelSums> {
  const sums = new Map<string, ModelSums>();
  for (const record of records) {
    const name = key(record);
    const sum = sums.get(name) ?? emptySums();
    sums.set(name, sum);
    addRecord(sum, record);
  }
  return sums;
}

const emptySums = (): ModelSums => ({
  requests: 0,
  errors: 0,
  bytesIn: 0,
  bytesOut: 0,
  opened: 0,
  closed: 0,
  durations: [],
});

function addRecord(sum: ModelSums, record: ModelRecord): void {
  const { values, weight } = record;
  const number = (name: keyof RecordValues) => Number(values[name] ?? 0);
  if (values["context.protocol"] === "tcp") {
    sum.opened += values["connection.opened"] === true ? weight : 0;
    sum.closed += values["connection.event"] === "close" ? weight : 0;
    sum.bytesIn += number("connection.received.bytes") * weight;
    sum.bytesOut += number("connection.sent.bytes") * weight;
    return;
  }
  sum.requests += weight;
  sum.errors += isModelError(record) ? weight : 0;
  sum.bytesIn += number("request.size") * weight;
  sum.bytesOut += number("response.size") * weight;
  const duration = values["response.duration"];
  if (typeof duration === "number") for (let count = 0; count < weight; count++) sum.durations.push(duration);
}

/** The value at rank ceil(percent * n / 100), 1-based. */
export function modelQuantile(durations: readonly number[], percent: number): number {
  const sorted = [...durations].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil((percent * sorted.length) / 100)) - 1]!;
}
