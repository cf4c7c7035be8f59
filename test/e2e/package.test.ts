import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { type Child, lastDescendant, startChild } from "./support/child.ts";
import { temporaryFolder } from "./support/folder.ts";
import { freePorts } from "./support/hub.ts";
import { measured } from "./support/needs.ts";
import { waitFor } from "./support/wait.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = temporaryFolder("package");
const installed = join(folder.path, "empty");

/** The environment of a shell outside the checkout: nothing of the npm that runs this test, no program of the checkout on PATH. */
function outside(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^npm_|^NODE_OPTIONS$|^INIT_CWD$|^VITEST/.test(name));
  const path = (process.env.PATH ?? "").split(delimiter).filter((entry) => !entry.startsWith(root));
  return { ...Object.fromEntries(kept), PATH: path.join(delimiter) };
}

async function shell(cwd: string, command: string, env = outside()): Promise<string> {
  const child = startChild("sh", ["-c", command], { cwd, env });
  const status = await child.ended(240_000);
  if (status !== 0) throw new Error(`${command} ended with ${status}:\n${child.stdout()}${child.stderr()}`);
  return child.stdout();
}

beforeAll(async () => {
  await shell(root, "npm run build");
  await shell(root, `npm pack --pack-destination "${folder.path}"`);
  const tarball = readdirSync(folder.path).find((file) => file.endsWith(".tgz"));
  mkdirSync(installed);
  await shell(installed, "npm init -y && npm pkg set type=commonjs");
  await shell(installed, `npm install --no-audit --no-fund "${join(folder.path, tarball ?? "missing.tgz")}"`);
}, 300_000);

afterAll(() => folder.remove());

test("the package holds compiled code and no TypeScript to strip", () => {
  const files = readdirSync(join(installed, "node_modules/mixdown"), { recursive: true, encoding: "utf8" });
  expect(files.filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"))).toEqual([]);
  expect(files.filter((file) => /\.test\.|^test|^node_modules/.test(file))).toEqual([]);
  expect(files).toEqual(expect.arrayContaining(["dist/collector/main.js", "README.md", "package.json"]));
});

test("npx mixdown --version", async () => {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  expect(await shell(installed, "npx mixdown --version")).toContain(version);
});

test("the pinned Node runs it with type stripping off", async () => {
  const node = "node_modules/.bin/node --no-experimental-strip-types";
  expect(await shell(installed, `${node} node_modules/mixdown/bin/mixdown.js components`)).toContain("prometheus");
});

test("npx mixdown serve, on the pinned Node", async () => {
  expect(existsSync(join(installed, "node_modules/.bin/node"))).toBe(true);
  const config = join(installed, "ports.yaml");
  writeFileSync(config, stringify(freePorts));
  const started = performance.now();
  const child = startChild("npx", ["mixdown", "serve", "--config", config], { cwd: installed, env: outside() });
  const { admin } = await waitFor("the ready line", () => ready(child));
  measured("npx mixdown serve from the packed tarball: ready after", `${(performance.now() - started).toFixed(0)} ms`);
  expect((await fetch(`http://${admin}/readyz`)).status).toBe(200);
  const hub = lastDescendant(child.pid);
  expect(readlinkSync(`/proc/${hub}/exe`)).toContain(installed);
  process.kill(hub, "SIGTERM");
  expect(await child.ended()).toBe(0);
});

test("npx mixdown validate without a configuration finds the built-in one", async () => {
  const child = startChild("npx", ["mixdown", "validate"], { cwd: installed, env: outside() });
  expect([await child.ended(), child.stderr()]).toEqual([0, expect.not.stringContaining("cannot")]);
});

function ready(child: Child): { admin: string } | undefined {
  if (child.status() !== undefined) throw new Error(`npx ended (${child.status()}):\n${child.stderr()}`);
  const line = child
    .stderr()
    .split("\n")
    .find((text) => text.includes('"msg":"ready"'));
  return line === undefined ? undefined : JSON.parse(line).listeners;
}
