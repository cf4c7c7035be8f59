/**
 * Makes schemas/gen from schemas/proto with buf and protoc-gen-es out of node_modules; no network.
 * `--check` makes it in a temporary folder instead and fails, naming the files, if schemas/gen differs.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import process from "node:process";

const root = resolve(import.meta.dirname, "..");
const schemas = join(root, "schemas");
const bin = join(root, "node_modules", ".bin");

/** Runs buf from the schemas folder; the plug-in's output folder `gen` is made below `out`. */
function generateInto(out: string): void {
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ""}` };
  const { status, error } = spawnSync(join(bin, "buf"), ["generate", "--output", out], {
    cwd: schemas,
    env,
    stdio: "inherit",
  });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** The files below a folder, as sorted relative paths. */
function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

/** What differs between the committed folder and a fresh one, a line for each file. */
function differences(committed: string, fresh: string): string[] {
  const have = new Set(filesBelow(committed));
  const want = new Set(filesBelow(fresh));
  return [...new Set([...have, ...want])].sort().flatMap((file) => {
    if (!have.has(file)) return [`missing  ${file}`];
    if (!want.has(file)) return [`left over ${file}`];
    return readFileSync(join(committed, file)).equals(readFileSync(join(fresh, file))) ? [] : [`changed  ${file}`];
  });
}

function check(): void {
  const folder = mkdtempSync(join(tmpdir(), "mixdown-gen-"));
  try {
    generateInto(folder);
    const found = differences(join(schemas, "gen"), join(folder, "gen"));
    if (found.length === 0) return;
    console.error(`schemas/gen is not what schemas/proto makes; run "npm run generate" and commit:`);
    for (const line of found) console.error(`  ${line}`);
    process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv.includes("--check")) check();
else generateInto(schemas);
