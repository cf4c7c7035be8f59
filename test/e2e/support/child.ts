import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { waitFor } from "./wait.ts";

/** A program running beside the test. */
export interface Child {
  readonly pid: number;
  /** Everything printed so far, standard output and standard error each as one text. */
  stdout(): string;
  stderr(): string;
  /** Exit status, or the signal's name; undefined while it runs. */
  status(): number | string | undefined;
  signal(name: NodeJS.Signals): void;
  /** Asks to stop, then kills after the time is up; gives the exit status. */
  stop(signal?: NodeJS.Signals, timeoutMs?: number): Promise<number | string>;
  /** Waits for the end; gives the exit status. */
  ended(timeoutMs?: number): Promise<number | string>;
}

/** How to start a program. */
export interface ChildOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Starts a program that ends with the test process at the latest. */
export function startChild(command: string, args: readonly string[], options: ChildOptions = {}): Child {
  const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => {
    output.stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    output.stderr += chunk;
  });
  let status: number | string | undefined;
  child.once("error", (error) => {
    status = error.message;
  });
  child.once("close", (code, signal) => {
    status ??= code ?? signal ?? "gone";
  });
  endWithParent(child);
  const ended = (timeoutMs = 20_000) => waitFor(`${command} to end`, () => status, timeoutMs, 10);
  return {
    pid: child.pid ?? -1,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    status: () => status,
    signal: (name) => void child.kill(name),
    ended,
    async stop(signal = "SIGTERM", timeoutMs = 15_000) {
      if (status === undefined) child.kill(signal);
      return ended(timeoutMs).catch(() => {
        child.kill("SIGKILL");
        return ended();
      });
    },
  };
}

function endWithParent(child: ChildProcess): void {
  const kill = () => void child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("close", () => process.off("exit", kill));
}

/** The process at the end of a chain of only children: what a starter such as npx runs in the end (Linux). */
export function lastDescendant(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return children === "" ? pid : lastDescendant(Number(children.split(" ").at(-1)));
}

/** Resident memory of a process in MiB, from /proc (Linux). */
export function residentMiB(pid: number): number {
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(found?.[1] ?? Number.NaN) / 1024;
}
