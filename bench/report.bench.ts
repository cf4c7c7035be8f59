import { createProxyTable } from "../collector/receivers/proxies.ts";
import { syslog } from "../collector/receivers/syslog/index.ts";
import { openRunningHub, type RunningHub } from "../test/support/running-hub.ts";
import { createDefaultPipeline } from "./support/default-plan.ts";
import { median, sideBySide } from "./support/side-by-side.ts";

/** JSON reports and log lines, in the process of the benchmark. */
export interface ReportBench {
  /** Posted in reports of 1000 over loopback, sender and hub sharing this process, with statistics on. */
  readonly postedRecordsPerSecond: number;
  /** The same reports through JSON.parse alone. */
  readonly parsedRecordsPerSecond: number;
  /** Log lines of nginx from bytes to metrics, without sockets. */
  readonly syslogLinesPerSecond: number;
  readonly bytesPerRecord: number;
  readonly bytesPerLine: number;
}

const recordsInReport = 1000;
const rounds = 7;
const sliceMs = 1000;

/** Measures the whole way of a JSON report, and of a log line. */
export async function runReportBench(): Promise<ReportBench> {
  const report = JSON.stringify({ attributes: Array.from({ length: recordsInReport }, (_, n) => makeRecord(n)) });
  const hub = await openRunningHub({ http: { address: "127.0.0.1:0" } });
  try {
    const rates: number[] = [];
    for (let round = -1; round < rounds; round++) {
      const rate = await postFor(sliceMs, hub, report);
      if (round >= 0) rates.push(rate);
    }
    const { parsed, lines } = sideBySide({ parsed: () => parse(report), lines: await readingLines() });
    return {
      postedRecordsPerSecond: median(rates),
      parsedRecordsPerSecond: parsed,
      syslogLinesPerSecond: lines,
      bytesPerRecord: report.length / recordsInReport,
      bytesPerLine: makeLine(0).length,
    };
  } finally {
    await hub.close();
  }
}

async function postFor(durationMs: number, { listeners }: RunningHub, body: string): Promise<number> {
  const start = performance.now();
  let records = 0;
  while (performance.now() - start < durationMs) {
    const headers = { "content-type": "application/json" };
    const response = await fetch(`http://${listeners.http}/v1/report`, { method: "POST", headers, body });
    const { accepted } = (await response.json()) as { accepted: number };
    if (accepted !== recordsInReport) throw new Error(`${accepted} of ${recordsInReport} records were taken`);
    records += accepted;
  }
  return (records / (performance.now() - start)) * 1000;
}

function parse(report: string): number {
  return (JSON.parse(report) as { attributes: unknown[] }).attributes.length;
}

/** The receiver's sink before the default pipeline. */
async function readingLines(): Promise<() => number> {
  const { pipeline: intake } = await createDefaultPipeline(false);
  const events = { streamOpened() {}, streamClosed() {}, message() {}, points() {}, decodeError: refuse };
  const receiver = syslog.open({ intake, events, now: Date.now, proxies: createProxyTable(Date.now) });
  const sink = receiver.messages?.({ reporter: "outbound" });
  const lines = Array.from({ length: 500 }, (_, n) => Buffer.from(makeLine(n)));
  return () => {
    void sink?.(lines);
    return lines.length;
  };
}

function refuse(_source: string, reason: string): never {
  throw new Error(reason);
}

function makeRecord(n: number) {
  return {
    "context.protocol": "http",
    "context.reporter.kind": "outbound",
    "request.method": "GET",
    "request.path": `/users/${n}?page=2`,
    "request.host": "shop.example:8080",
    "request.time": `2026-11-23T09:12:${String(n % 60).padStart(2, "0")}.123Z`,
    "request.id": `3f2b9c9e-1111-2222-3333-${String(n).padStart(12, "0")}`,
    "request.useragent": "curl/8.0",
    "request.size": 123,
    "response.code": n % 10 === 0 ? 503 : 200,
    "response.duration": `${n % 50}.345ms`,
    "response.size": 4567,
    "source.ip": "10.0.0.1",
    "source.workload.name": "web",
    "source.workload.namespace": "default",
    "destination.service.host": "reviews.default.svc.cluster.local",
    "destination.service.name": "reviews",
    "destination.service.namespace": "default",
    "destination.workload.name": "reviews-v1",
  };
}

function makeLine(n: number): string {
  const line = {
    id: String(n).padStart(32, "0"),
    method: "GET",
    scheme: "https",
    host: "shop.example",
    path: `/users/${n}?page=2`,
    http_version: "HTTP/1.1",
    user_agent: "curl/8.0",
    referer: "",
    forwarded_for: "",
    client: "10.0.0.1",
    request_bytes: "",
    request_total_bytes: "82",
    end: `1795425768.${String(n).padStart(3, "0")}`,
    duration: "0.012",
    status: n % 10 === 0 ? "503" : "200",
    response_bytes: "4567",
    response_total_bytes: "4711",
    grpc_status: "",
    upstream: "app",
    upstream_addr: "10.0.0.2:8080",
    upstream_duration: "0.011",
    upstream_first_byte: "0.010",
  };
  return `<190>Nov 23 09:22:48 edge-1 nginx: ${JSON.stringify(line)}`;
}
