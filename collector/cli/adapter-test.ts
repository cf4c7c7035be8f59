import { spawn } from "node:child_process";
import { extname } from "node:path";
import type { CommandIo } from "./command.ts";
import { usage } from "./parse-arguments.ts";

const register = new URL(`../plugins/register${extname(new URL(import.meta.url).pathname)}`, import.meta.url).href;

/** Runs tests of adapters in a process of their own. Resolves to its exit status. */
export function testAdapter(files: readonly string[], { stdout, stderr }: CommandIo): Promise<number> {
  if (files.length === 0) throw usage("adapter", "test needs a file");
  const child = spawn(process.execPath, ["--import", register, "--test", "--test-reporter=spec", ...files], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.setEncoding("utf8").on("data", (text: string) => stdout.write(text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => stderr.write(text));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => resolve(status ?? 1));
  });
}
