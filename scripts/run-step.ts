import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The folder of the checkout. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/** One command of a script, with the name it is reported under. */
export interface Step {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

/** What became of a step. */
export interface StepResult {
  readonly name: string;
  readonly ok: boolean;
  readonly output: string;
  readonly seconds: number;
}

/** A program of node_modules/.bin as a step. */
export function tool(name: string, program: string, ...args: string[]): Step {
  return { name, command: `${root}node_modules/.bin/${program}`, args };
}

/** A TypeScript file of this project, run by the Node that runs this one, as a step. */
export function script(name: string, file: string, ...args: string[]): Step {
  return { name, command: process.execPath, args: [file, ...args] };
}

/** Runs a step in the checkout and keeps what it printed; a command that cannot start is a failed step. */
export function runStep(step: Step): Promise<StepResult> {
  const started = performance.now();
  const child = spawn(step.command, step.args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const keep = (chunk: Buffer) => {
    output += chunk.toString();
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  return new Promise((resolve) => {
    const done = (ok: boolean) =>
      resolve({ name: step.name, ok, output, seconds: (performance.now() - started) / 1000 });
    child.on("error", (error) => {
      output += `${error.message}\n`;
      done(false);
    });
    child.on("close", (code) => done(code === 0));
  });
}
