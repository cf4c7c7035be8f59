import { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import type { CommandIo } from "./command.ts";

/** Streams that keep what is written, and files that exist only in the test. */
export function testIo(files: Readonly<Record<string, string>> = {}, env: CommandIo["env"] = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const io: CommandIo = {
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
    stdin: (async function* () {})(),
    env,
    faults: new EventEmitter(),
    readFile: (path) => files[path] ?? readFileSync(path, "utf8"),
  };
  return { io, out: () => out.join(""), err: () => err.join("") };
}
