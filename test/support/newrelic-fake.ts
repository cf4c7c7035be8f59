import { randomUUID } from "node:crypto";
import { gunzipSync, inflateSync } from "node:zlib";
import { type ReceivedRequest, startServer } from "./http-server.ts";
import { checkEntries, type Entries } from "./newrelic-rules.ts";

/** A request that reached the fake, and how it was answered. */
export interface NewRelicRequest {
  readonly api: string;
  readonly requestId: string | undefined;
  readonly userAgent: string | undefined;
  readonly bytes: number;
  readonly status: number;
}

/** A fake of New Relic's ingest: answers as documented, keeps what it takes, and notes what the real one would drop afterwards. */
export interface NewRelicFake extends Entries {
  readonly url: string;
  readonly urls: Readonly<Record<"metricUrl" | "logUrl" | "traceUrl" | "eventUrl", string>>;
  readonly requests: readonly NewRelicRequest[];
  /** The next requests to an API are answered so, one each; `cut` breaks the connection. */
  behave(api: keyof Entries, ...answers: (number | "cut")[]): void;
  /** Sent with statuses that were asked for. */
  retryAfter: string | undefined;
  /** Forgets what came so far. */
  reset(): void;
}

type Api = Exclude<keyof Entries, "integrationErrors">;

const paths: Readonly<Record<string, Api>> = {
  "/metric/v1": "metrics",
  "/log/v1": "logs",
  "/trace/v1": "spans",
  "/v1/accounts/12345/events": "events",
};

/** Starts one on a free port; it takes the key `key-of-tests` and account 12345. `now` is its clock. */
export async function startNewRelicFake(now: () => number): Promise<NewRelicFake> {
  const kept: Entries = { metrics: [], logs: [], spans: [], events: [], integrationErrors: [] };
  const requests: NewRelicRequest[] = [];
  const planned = new Map<string, (number | "cut")[]>();

  const server = await startServer((request, response, socket) => {
    const api = paths[request.path];
    const plan = planned.get(api ?? "")?.shift();
    if (plan === "cut") return void socket.destroy();
    const status = plan ?? refusalOf(request) ?? take(request, api!, kept, now());
    const { headers, body } = request;
    const requestId = headers["x-request-id"] as string | undefined;
    requests.push({ api: api ?? "", requestId, userAgent: headers["user-agent"], bytes: body.byteLength, status });
    const wait = plan !== undefined && fake.retryAfter !== undefined ? { "retry-after": fake.retryAfter } : {};
    response.writeHead(status, { "content-type": "application/json", ...wait });
    response.end(answerOf(status, api));
  });

  const at = (path: string) => `${server.url}${path}`;
  const fake: NewRelicFake = {
    ...kept,
    url: server.url,
    urls: {
      metricUrl: at("/metric/v1"),
      logUrl: at("/log/v1"),
      traceUrl: at("/trace/v1"),
      eventUrl: at("/v1/accounts/12345/events"),
    },
    requests,
    behave: (api, ...answers) => void planned.set(api, answers),
    retryAfter: undefined,
    reset() {
      for (const list of [...Object.values(kept), requests]) list.length = 0;
      planned.clear();
      fake.retryAfter = undefined;
    },
  };
  return fake;
}

const uuid4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** What the real one refuses before it reads the body, and what its SDKs' specification demands of senders. */
function refusalOf({ method, path, headers, body }: ReceivedRequest): number | undefined {
  const api = paths[path];
  if (api === undefined) return 404;
  if (method !== "POST") return 405;
  if (headers["api-key"] === undefined) return 401;
  if (headers["api-key"] !== "key-of-tests") return 403;
  if (headers["content-length"] === undefined) return 411;
  if (body.byteLength > 1_000_000) return 413;
  if (!/^application\/json(; ?charset=utf-8)?$/i.test(headers["content-type"] ?? "")) return 415;
  const encodings = api === "events" ? ["gzip", "deflate", undefined] : ["gzip", undefined];
  if (!encodings.includes(headers["content-encoding"])) return 415;
  if (!uuid4.test(String(headers["x-request-id"])) || headers["user-agent"] === undefined) return 400;
  const format = [headers["data-format"], headers["data-format-version"]].join();
  if (api === "spans" && format !== "newrelic,1" && format !== ",") return 400;
}

function take({ headers, body }: ReceivedRequest, api: Api, kept: Entries, nowMs: number): number {
  try {
    const { "content-encoding": encoding } = headers;
    const bytes = encoding === "gzip" ? gunzipSync(body) : encoding === "deflate" ? inflateSync(body) : body;
    const document: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    const { entries, dropped } = checkEntries(api, document, nowMs);
    kept[api].push(...entries);
    kept.integrationErrors.push(...dropped);
    return api === "events" ? 200 : 202;
  } catch {
    return 400;
  }
}

function answerOf(status: number, api: Api | undefined): string {
  if (status >= 300) return JSON.stringify({ error: { status } });
  return JSON.stringify(api === "events" ? { success: true, uuid: randomUUID() } : { requestId: randomUUID() });
}
