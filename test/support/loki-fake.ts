import { gunzipSync } from "node:zlib";
import { type ReceivedRequest, startServer } from "./http-server.ts";

/** A line that the fake holds. */
export interface LokiLine {
  readonly labels: Readonly<Record<string, string>>;
  readonly time: string;
  readonly line: string;
  readonly metadata: Readonly<Record<string, string>>;
}

interface Answer {
  readonly status: number;
  readonly retryAfter?: string;
  readonly body?: string;
}

/** A fake of Loki's push API, as strict as the real one. */
export interface LokiFake {
  readonly url: string;
  /** What it holds, sent twice or not. */
  lines(): readonly LokiLine[];
  readonly requests: readonly { readonly tenant: string | undefined; readonly status: number }[];
  /** The next requests are answered so, one each. */
  behave(...answers: readonly Answer[]): void;
  /** Lines older than this are refused. */
  oldest: bigint;
  reset(): void;
}

/** Starts one on a free port. */
export async function startLokiFake(): Promise<LokiFake> {
  const held = new Map<string, LokiLine>();
  const requests: { tenant: string | undefined; status: number }[] = [];
  const planned: Answer[] = [];

  const server = await startServer((request, response) => {
    const answer = planned.shift() ?? refusalOf(request) ?? take(request);
    requests.push({ tenant: request.headers["x-scope-orgid"] as string | undefined, status: answer.status });
    const { status, retryAfter, body } = answer;
    response.writeHead(status, retryAfter === undefined ? {} : { "retry-after": retryAfter }).end(body);
  });

  /** Takes what is right and refuses the rest, as Loki does: a 400 means that some were refused. */
  const take = ({ headers, body }: ReceivedRequest): Answer => {
    try {
      const bytes = headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
      const lines = readPush(JSON.parse(bytes.toString()));
      const old = lines.filter(({ time }) => BigInt(time) < fake.oldest);
      for (const line of lines)
        if (!old.includes(line)) held.set(JSON.stringify([line.labels, line.time, line.line]), line);
      return old.length === 0 ? { status: 204 } : { status: 400, body: "entry with timestamp is too far behind" };
    } catch (error) {
      return { status: 400, body: String(error) };
    }
  };

  const fake: LokiFake = {
    url: server.url,
    lines: () => [...held.values()],
    requests,
    behave: (...answers) => void planned.push(...answers),
    oldest: 0n,
    reset() {
      held.clear();
      requests.length = 0;
      planned.length = 0;
      fake.oldest = 0n;
    },
  };
  return fake;
}

function refusalOf({ method, path, headers }: ReceivedRequest): Answer | undefined {
  if (path !== "/loki/api/v1/push") return { status: 404 };
  if (method !== "POST") return { status: 405 };
  if (headers["content-type"] !== "application/json") return { status: 400, body: "content type" };
  if (![undefined, "gzip"].includes(headers["content-encoding"])) return { status: 400, body: "content encoding" };
}

function readPush(document: unknown): LokiLine[] {
  const { streams, ...rest } = anObject(document);
  demand(Object.keys(rest).length === 0 && Array.isArray(streams) && streams.length > 0, "streams");
  return (streams as unknown[]).flatMap((one) => {
    const { stream, values, ...more } = anObject(one);
    demand(Object.keys(more).length === 0 && Array.isArray(values) && values.length > 0, "values");
    const labels = readLabels(stream);
    return (values as unknown[]).map((value) => readLine(labels, value));
  });
}

function readLabels(value: unknown): Record<string, string> {
  const labels = anObject(value);
  const names = Object.keys(labels);
  demand(names.length > 0 && names.length <= 15, "number of labels");
  for (const [name, text] of Object.entries(labels)) {
    demand(/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) && !name.startsWith("__"), `label ${name}`);
    demand(typeof text === "string" && text.length > 0 && text.length <= 2048, `value of label ${name}`);
  }
  return labels as Record<string, string>;
}

function readLine(labels: Record<string, string>, value: unknown): LokiLine {
  demand(Array.isArray(value) && (value.length === 2 || value.length === 3), "a value");
  const [time, line, metadata = {}] = value as unknown[];
  demand(typeof time === "string" && /^-?\d+$/.test(time), "a timestamp");
  demand(typeof line === "string" && line.length <= 262_144, "a line");
  for (const text of Object.values(anObject(metadata))) demand(typeof text === "string", "structured metadata");
  return { labels, time: time as string, line: line as string, metadata: metadata as Record<string, string> };
}

function anObject(value: unknown): Record<string, unknown> {
  demand(typeof value === "object" && value !== null && !Array.isArray(value), "an object");
  return value as Record<string, unknown>;
}

function demand(holds: boolean, what: string): void {
  if (!holds) throw new Error(`wrong: ${what}`);
}
