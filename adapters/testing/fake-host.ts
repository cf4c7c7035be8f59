import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import type { InstanceDeclaration } from "../../schemas/model/instance.ts";
import type { Host, MetricsSource } from "../adapter.ts";
import { answerScrape, type RequestHeaders } from "../shared/metrics-page.ts";

/** One call of `host.count`. */
export interface Counted {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A host for tests: its clock stands still until moved, and what the adapter says and shows is kept. */
export interface FakeHost extends Host {
  nowMs: number;
  readonly counted: Counted[];
  readonly logged: { readonly level: string; readonly fields: object; readonly message: string }[];
  /** The pages by address; the admin page under "admin". */
  readonly pages: Map<string, MetricsSource[]>;
  /** What was counted under a name in all, optionally only with these labels. */
  total(name: string, labels?: Readonly<Record<string, string>>): number;
  /** Scrapes a page and returns its text, unpacked. */
  scrape(headers?: RequestHeaders, page?: string): Promise<string>;
}

/** Asks for OpenMetrics. */
export const openMetrics = { accept: "application/openmetrics-text; version=1.0.0" };

/** Makes a host; `fetch` is refused unless one is given. */
export function fakeHost(instances: readonly InstanceDeclaration[] = [], options: Partial<Host> = {}): FakeHost {
  const counted: Counted[] = [];
  const logged: { level: string; fields: object; message: string }[] = [];
  const pages = new Map<string, MetricsSource[]>();
  const log = (level: string) => (fields: object, message: string) => void logged.push({ level, fields, message });
  const host: FakeHost = {
    handler: "test",
    instances,
    timeoutMs: 10_000,
    nowMs: 1_700_000_000_000,
    counted,
    logged,
    pages,
    now: () => host.nowMs,
    log: { info: log("info"), warn: log("warn"), error: log("error") },
    fetch: () => Promise.reject(new TypeError("no network in tests")),
    count: (name, labels, value) => void counted.push({ name, labels, value }),
    async exposeMetrics(source, address = "admin") {
      pages.set(address, [...(pages.get(address) ?? []), source]);
      return async () => void pages.set(address, pages.get(address)!.toSpliced(pages.get(address)!.indexOf(source), 1));
    },
    total: (name, labels = {}) =>
      counted
        .filter(
          (call) => call.name === name && Object.entries(labels).every(([key, text]) => call.labels[key] === text),
        )
        .reduce((sum, call) => sum + call.value, 0),
    async scrape(headers = {}, page = "admin") {
      const answer = await answerScrape(headers, pages.get(page) ?? []);
      const bytes = await buffer(answer.body);
      return (answer.headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes).toString();
    },
    ...options,
  };
  return host;
}
