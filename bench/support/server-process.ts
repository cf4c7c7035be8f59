import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { defaultConfigFile } from "../../collector/config/defaults.ts";

/** A server in a process of its own. */
export interface ServerProcess {
  /** "host:port" of its gRPC listener. */
  readonly grpc: string;
  /** "host:port" of its admin listener, if it has one. */
  readonly admin: string | undefined;
  /** CPU seconds used so far, all threads (Linux). */
  cpuSeconds(): number;
  /** Resident MiB now (Linux). */
  residentMiB(): number;
  stop(): Promise<void>;
}

/** Starts a whole hub with its default configuration on free ports, with a data folder that goes with it; `extra` is more configuration. */
export async function startHub(extra = ""): Promise<ServerProcess> {
  const folder = mkdtempSync(join(tmpdir(), "mixdown-bench-"));
  const ports = join(folder, "ports.yaml");
  writeFileSync(
    ports,
    `listeners: { grpc: { address: "127.0.0.1:0" }, http: null, admin: { address: "127.0.0.1:0" } }\n${extra}`,
  );
  const script = fileURLToPath(new URL("../../bin/mixdown.js", import.meta.url));
  const config = ["--config", defaultConfigFile(), "--config", ports, "--data-dir", folder];
  const hub = await startServer(script, ["serve", ...config]);
  return {
    ...hub,
    async stop() {
      await hub.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Starts a script that logs a JSON line with "msg":"ready" and its listeners. */
export async function startServer(script: string, args: readonly string[] = []): Promise<ServerProcess> {
  const child = spawn(process.execPath, ["--max-semi-space-size=4", "--no-parallel-scavenge", script, ...args], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  // Whatever becomes of who started it, it goes with them.
  const kill = () => void child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => process.off("exit", kill));
  const listeners = await ready(child);
  const pid = child.pid as number;
  return {
    grpc: listeners.grpc,
    admin: listeners.admin,
    cpuSeconds: () => cpuSecondsOf(pid),
    residentMiB: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024,
    async stop() {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await gone;
    },
  };
}

async function ready(child: ChildProcess): Promise<{ grpc: string; admin?: string }> {
  if (child.stderr === null) throw new Error("no standard error");
  for await (const line of createInterface({ input: child.stderr })) {
    if (!line.includes('"ready"')) continue;
    child.stderr.resume();
    return (JSON.parse(line) as { listeners: { grpc: string; admin?: string } }).listeners;
  }
  throw new Error("the server ended before it was ready");
}

/** CPU seconds that a process has used so far, all threads (Linux). */
export const cpuSecondsOf = (pid: number): number => ticksOf(pid) / 100;

/** utime and stime of /proc/PID/stat, in hundredths of a second. */
function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return Number(fields[11]) + Number(fields[12]);
}
