import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { stringify } from "yaml";
import { type Child, startChild } from "../../e2e/support/child.ts";
import { waitFor } from "../../e2e/support/wait.ts";
import { root } from "../../support/documents.ts";

/** Most records of one batch, and so of what may come twice after a crash. */
export const batchItems = 50;

/** A hub process, which may be killed at any moment. */
export interface FaultHub {
  readonly child: Child;
  readonly startedMs: number;
  /** Its listeners once it is ready; undefined if it is killed before. */
  ready(): Promise<Readonly<Record<string, string>> | undefined>;
}

/** How to start one. */
export interface FaultHubOptions {
  /** Holds the configuration and, below it, the data. */
  readonly folder: string;
  readonly dataDir?: string;
  readonly url: string;
  readonly durable?: Readonly<Record<string, unknown>>;
  /** Settings of the handler that differ. */
  readonly handler?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** Writes a configuration with one durable handler; a running hub takes it live. */
export function configure({ folder, url, durable = {}, handler = {} }: FaultHubOptions): string {
  const file = join(folder, "hub.yaml");
  const settings = {
    listeners: { grpc: null, http: { address: "127.0.0.1:0" }, admin: { address: "127.0.0.1:0" } },
    stats: null,
    handlers: {
      sink: {
        adapter: "http",
        params: { url, format: "lines" },
        durable: { segmentBytes: 65_536, ...durable },
        batch: { maxItems: batchItems, maxAge: "5ms" },
        retry: { initial: "10ms", max: "100ms" },
        timeout: "1s",
        ...handler,
      },
    },
    instances: {
      line: { template: "logentry", params: { variables: { id: "request.id", text: "request.path" } } },
    },
    rules: [{ name: "all", actions: [{ handler: "sink", instances: ["line"] }] }],
  };
  writeFileSync(file, stringify(settings));
  return file;
}

/** Starts a hub over a data folder; it ends with the test. */
export function startFaultHub(options: FaultHubOptions): FaultHub {
  const { folder, dataDir = join(folder, "data"), env = {} } = options;
  // As `npm start` does.
  const args = [
    "--max-semi-space-size=4",
    "--no-parallel-scavenge",
    "bin/mixdown.js",
    "serve",
    "--config",
    configure(options),
    "--data-dir",
    dataDir,
  ];
  const startedMs = performance.now();
  const child = startChild(process.execPath, args, { cwd: root, env: { ...process.env, ...env } });
  onTestFinished(() => child.signal("SIGKILL"));
  return {
    child,
    startedMs,
    ready: () =>
      waitFor(
        "the hub to be ready",
        () => listenersOf(child) ?? (child.status() === undefined ? undefined : "ended"),
        30_000,
        2,
      ).then((found) => (found === "ended" ? undefined : found)),
  };
}

function listenersOf(child: Child): Readonly<Record<string, string>> | undefined {
  const log = child.stderr();
  const at = log.indexOf('"msg":"ready"');
  if (at === -1 || !log.includes("\n", at)) return undefined;
  const line = log.slice(log.lastIndexOf("\n", at) + 1, log.indexOf("\n", at));
  return JSON.parse(line).listeners;
}

/** What the hub says of its handler. */
export interface SinkState {
  readonly pending: number;
  readonly dropped: Readonly<Record<string, number>>;
}

/** Asks a hub for its handler's ledger. */
export async function stateOf(admin: string): Promise<SinkState> {
  const answer = (await (await fetch(`http://${admin}/api/v1/handlers`)).json()) as {
    handlers: (SinkState & { name: string })[];
  };
  return answer.handlers.find(({ name }) => name === "sink")!;
}

/** Waits until a hub has nothing left to deliver, and stops it; gives the handler's ledger. */
export async function drainAndStop(hub: FaultHub, timeoutMs = 60_000): Promise<SinkState> {
  const listeners = await hub.ready();
  if (listeners === undefined) throw new Error(`the hub ended (${hub.child.status()}):\n${hub.child.stderr()}`);
  const state = await waitFor(
    "the backlog to be delivered",
    async () => {
      const now = await stateOf(listeners.admin!);
      return now.pending === 0 ? now : undefined;
    },
    timeoutMs,
  );
  const status = await hub.child.stop("SIGTERM", 40_000);
  if (status !== 0) throw new Error(`the hub ended with ${status}:\n${hub.child.stderr()}`);
  return state;
}
