import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { root, runStep, tool } from "./run-step.ts";

const dist = `${root}dist/`;

/** What runs beside the compiled code; files are found by paths relative to the code, in source and in dist alike. */
function copyFiles(): void {
  cpSync(`${root}config`, `${dist}config`, { recursive: true });
  cpSync(`${root}examples/adapters`, `${dist}examples/adapters`, { recursive: true });
  if (existsSync(`${root}schemas/gen`)) cpSync(`${root}schemas/gen`, `${dist}schemas/gen`, { recursive: true });
  const { name, version, type } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
  writeFileSync(`${dist}package.json`, `${JSON.stringify({ name, version, type }, null, 2)}\n`);
}

rmSync(dist, { recursive: true, force: true });
const compiled = await runStep(tool("compile", "tsc", "-p", "tsconfig.build.json"));
if (compiled.ok) {
  copyFiles();
  console.log(`dist/ built in ${compiled.seconds.toFixed(1)} s`);
} else {
  console.error(compiled.output);
  process.exitCode = 1;
}
