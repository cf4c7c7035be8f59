import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { type Sample, samplesOf } from "../../support/exposition.ts";
import { type Child, residentMiB, startChild } from "./child.ts";
import { type Matcher, sum } from "./exposition.ts";
import { temporaryFolder } from "./folder.ts";
import { waitFor } from "./wait.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** The configuration the hub has built in. */
export const defaultConfig = join(root, "config/default.yaml");

/** The configuration that makes metrics of spans. */
export const traceMetrics = join(root, "config/traces.yaml");

/** Listeners on loopback with free ports, and what else a test wants; merged over the default configuration. */
export const freePorts = {
  listeners: {
    grpc: { address: "127.0.0.1:0" },
    http: null,
    admin: { address: "127.0.0.1:0" },
  },
};

/** A running hub, seen from outside. */
export interface Hub {
  readonly pid: number;
  readonly process: Child;
  /** Bound listeners by name, "host:port". */
  readonly listeners: Readonly<Record<string, string>>;
  /** Milliseconds from the start of the process to its ready line. */
  readonly readyMs: number;
  /** The file that holds the test's own part of the configuration. */
  readonly configFile: string;
  configure(settings: unknown): void;
  /** Structured log lines so far. */
  log(): Record<string, unknown>[];
  get(path: string): Promise<Response>;
  metrics(): Promise<Sample[]>;
  /** The samples whose lines match, read from the page as it comes: for pages too large to hold. */
  samplesLike(line: RegExp): Promise<Sample[]>;
  total(name: string, matcher?: Matcher): Promise<number>;
  residentMiB(): number;
  stop(): Promise<number | string>;
}

/** How to start a hub. */
export interface HubOptions {
  /** Settings of the test's own file, which comes after the default configuration. */
  readonly settings?: unknown;
  /** Files before it; by default the built-in configuration. */
  readonly base?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** What outlives the hub; by default a folder that goes with it. */
  readonly dataDir?: string;
}

/** Starts the hub from source on free ports and waits for its ready line; throws with its log if it ends before. */
export async function startHub({
  settings = freePorts,
  base = [defaultConfig],
  env,
  dataDir,
}: HubOptions = {}): Promise<Hub> {
  const folder = temporaryFolder("hub");
  const configFile = join(folder.path, "config.yaml");
  const configure = (next: unknown) => writeFileSync(configFile, stringify(next));
  configure(settings);
  const started = performance.now();
  const child = startChild(
    process.execPath,
    [
      "bin/mixdown.js",
      "serve",
      ...[...base, configFile].flatMap((file) => ["--config", file]),
      "--data-dir",
      dataDir ?? join(folder.path, "data"),
    ],
    { cwd: root, env: { ...process.env, ...env } },
  );
  const ready = await waitFor("the hub's ready line", () => readyLine(child), 20_000, 5);
  return hubOf(child, ready, performance.now() - started, configFile, configure, folder.remove);
}

/** The lines of a page that match. */
async function linesLike(page: Response, wanted: RegExp): Promise<string> {
  const kept: string[] = [];
  let rest = "";
  for await (const chunk of page.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    kept.push(...lines.filter((line) => wanted.test(line)));
  }
  return `${kept.join("\n")}\n`;
}

function readyLine(child: Child): Record<string, string> | undefined {
  if (child.status() !== undefined) throw new Error(`The hub ended (${child.status()}):\n${child.stderr()}`);
  const line = logLines(child.stderr()).find((entry) => entry.msg === "ready");
  return line?.listeners as Record<string, string> | undefined;
}

function logLines(text: string): Record<string, unknown>[] {
  const complete = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
  return complete.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
}

function hubOf(
  child: Child,
  listeners: Record<string, string>,
  readyMs: number,
  configFile: string,
  configure: (settings: unknown) => void,
  clean: () => void,
): Hub {
  const get = (path: string) => fetch(`http://${listeners.admin}${path}`);
  const metrics = async () => samplesOf(await (await get("/metrics")).text());
  return {
    pid: child.pid,
    process: child,
    listeners,
    readyMs,
    configFile,
    configure,
    log: () => logLines(child.stderr()),
    get,
    metrics,
    samplesLike: async (line) => samplesOf(await linesLike(await get("/metrics"), line)),
    total: async (name, matcher) => sum(await metrics(), name, matcher),
    residentMiB: () => residentMiB(child.pid),
    async stop() {
      const status = await child.stop();
      clean();
      return status;
    },
  };
}
