import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

/** A server in a process of its own. */
export interface ServerProcess {
  /** "host:port" of its gRPC listener. */
  readonly grpc: string;
  /** CPU seconds used so far, all threads (Linux). */
  cpuSeconds(): number;
  /** Resident MiB now (Linux). */
  residentMiB(): number;
  stop(): Promise<void>;
}

/** Starts a script that logs a JSON line with "msg":"ready" and its listeners. */
export async function startServer(script: string, args: readonly string[] = []): Promise<ServerProcess> {
  const child = spawn(process.execPath, [script, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  const grpc = await ready(child);
  const pid = child.pid as number;
  return {
    grpc,
    cpuSeconds: () => ticksOf(pid) / 100,
    residentMiB: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024,
    async stop() {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await gone;
    },
  };
}

async function ready(child: ChildProcess): Promise<string> {
  if (child.stderr === null) throw new Error("no standard error");
  for await (const line of createInterface({ input: child.stderr })) {
    if (!line.includes('"ready"')) continue;
    child.stderr.resume();
    return (JSON.parse(line) as { listeners: { grpc: string } }).listeners.grpc;
  }
  throw new Error("the server ended before it was ready");
}

/** utime and stime of /proc/PID/stat, in hundredths of a second. */
function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return Number(fields[11]) + Number(fields[12]);
}
