import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { stringify } from "yaml";
import { requirePeer } from "../../support/peers.ts";
import { type Child, startChild } from "./child.ts";
import { temporaryFolder } from "./folder.ts";
import { waitUntil } from "./wait.ts";

/** One series of an instant query. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A running Prometheus that scrapes one target every half second. */
export interface Prometheus {
  readonly process: Child;
  query(expression: string): Promise<Series[]>;
  /** The value of an expression that gives at most one series; 0 if none. */
  value(expression: string): Promise<number>;
  stop(): Promise<number | string>;
}

/** A port of loopback that was free a moment ago, for programs that cannot say which one they took. */
export async function freePort(): Promise<number> {
  return (await freePorts(1))[0]!;
}

/** Several of them, no two the same. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Starts Prometheus on `target` ("host:port") and waits until the target was scraped. */
export function startPrometheus(target: string): Promise<Prometheus> {
  return startPrometheusWith(
    stringify({
      global: { scrape_interval: "500ms", scrape_timeout: "400ms" },
      scrape_configs: [{ job_name: "mixdown", static_configs: [{ targets: [target] }] }],
    }),
  );
}

/** The same with any configuration; it must have a target that answers. */
export async function startPrometheusWith(settings: string): Promise<Prometheus> {
  const folder = temporaryFolder("prometheus");
  const prometheus = start({ settings, folder: folder.path, address: `127.0.0.1:${await freePort()}` });
  await waitUntil(
    "Prometheus to scrape its target",
    () =>
      prometheus.value("up").then(
        (up) => up === 1,
        () => false,
      ),
    30_000,
  );
  return {
    ...prometheus,
    async stop() {
      const status = await prometheus.stop();
      folder.remove();
      return status;
    },
  };
}

/** Starts Prometheus as a receiver of remote write and of exemplars, at an address and with a folder that may outlive it. */
export async function startReceiver(address: string, folder: string): Promise<Prometheus> {
  const flags = ["--web.enable-remote-write-receiver", "--enable-feature=exemplar-storage"];
  const prometheus = start({ settings: "{}", folder, address, flags });
  await waitUntil(
    "Prometheus to be ready",
    () =>
      fetch(`http://${address}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      ),
    30_000,
  );
  return prometheus;
}

interface StartOptions {
  readonly settings: string;
  readonly folder: string;
  readonly address: string;
  readonly flags?: readonly string[];
}

function start({ settings, folder, address, flags = [] }: StartOptions): Prometheus {
  const config = join(folder, "prometheus.yml");
  writeFileSync(config, settings);
  const child = startChild(requirePeer("prometheus"), [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, "data")}`,
    `--web.listen-address=${address}`,
    "--log.level=warn",
    ...flags,
  ]);
  const query = (expression: string) => instantQuery(address, expression);
  return {
    process: child,
    query,
    value: async (expression) => (await query(expression))[0]?.value ?? 0,
    stop: () => child.stop(),
  };
}

interface QueryAnswer {
  readonly data: {
    readonly result: readonly { readonly metric: Record<string, string>; readonly value: [number, string] }[];
  };
}

async function instantQuery(address: string, expression: string): Promise<Series[]> {
  const answer = await fetch(`http://${address}/api/v1/query?query=${encodeURIComponent(expression)}`);
  if (!answer.ok) throw new Error(`Prometheus refused ${expression}: ${await answer.text()}`);
  const { data } = (await answer.json()) as QueryAnswer;
  return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}

/** What `promtool check metrics` finds in a page; empty if nothing. */
export function lint(page: string): string {
  const { stdout, stderr } = spawnSync(requirePeer("promtool"), ["check", "metrics"], {
    input: page,
    encoding: "utf8",
  });
  return `${stdout}${stderr}`;
}
