import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { requirePeer } from "../../support/peers.ts";
import { type Child, startChild } from "./child.ts";
import { bootstrap, type Json, type ProxySettings } from "./envoy-bootstrap.ts";
import { temporaryFolder } from "./folder.ts";
import { waitFor } from "./wait.ts";

/** A running Envoy, seen from outside. */
export interface Envoy {
  readonly process: Child;
  /** Bound port of each listener by name. */
  readonly ports: Readonly<Record<string, number>>;
  /** Envoy's own counters and gauges by name. */
  stats(): Promise<ReadonlyMap<string, number>>;
  stop(): Promise<number | string>;
}

/** Starts Envoy with a bootstrap of ours and waits until it is live; throws with its log if it ends before. */
export function startEnvoy(proxy: ProxySettings, workers = 2): Promise<Envoy> {
  return startEnvoyWith(bootstrap(proxy), workers);
}

/** The same with any bootstrap; its admin listener must be there. */
export async function startEnvoyWith(settings: Json, workers = 2): Promise<Envoy> {
  const folder = temporaryFolder("envoy");
  const config = join(folder.path, "bootstrap.json");
  const adminFile = join(folder.path, "admin");
  writeFileSync(config, JSON.stringify(settings, null, 2));
  const flags = ["--use-dynamic-base-id", "--log-level", "warning", "--admin-address-path", adminFile];
  flags.push("--file-flush-interval-msec", "100");
  const child = startChild(requirePeer("envoy"), ["-c", config, "--concurrency", String(workers), ...flags]);
  const admin = await waitFor("Envoy to be live", () => live(child, adminFile));
  return {
    process: child,
    ports: await boundPorts(admin),
    stats: () => readStats(admin),
    async stop() {
      const status = await child.stop();
      folder.remove();
      return status;
    },
  };
}

async function live(child: Child, adminFile: string): Promise<string | undefined> {
  if (child.status() !== undefined) throw new Error(`Envoy ended (${child.status()}):\n${child.stderr()}`);
  const admin = existsSync(adminFile) ? readFileSync(adminFile, "utf8").trim() : "";
  if (admin === "") return undefined;
  const answer = await fetch(`http://${admin}/ready`).catch(() => undefined);
  return answer?.ok ? admin : undefined;
}

interface Listeners {
  readonly listener_statuses: readonly {
    readonly name: string;
    readonly local_address: { readonly socket_address: { readonly port_value: number } };
  }[];
}

async function boundPorts(admin: string): Promise<Record<string, number>> {
  const answer = await fetch(`http://${admin}/listeners?format=json`);
  const { listener_statuses } = (await answer.json()) as Listeners;
  return Object.fromEntries(
    listener_statuses.map(({ name, local_address }) => [name, local_address.socket_address.port_value]),
  );
}

async function readStats(admin: string): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`http://${admin}/stats`)).text();
  return new Map(
    text
      .split("\n")
      .map((row) => row.split(": ") as [string, string])
      .filter(([, value]) => /^\d+$/.test(value ?? ""))
      .map(([name, value]) => [name, Number(value)]),
  );
}
