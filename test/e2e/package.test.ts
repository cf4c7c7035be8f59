import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { guideFiles } from "../support/guide.ts";
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
  // The example that "mixdown adapter new" copies is TypeScript, for a folder of the user's.
  const own = files.filter((file) => !file.startsWith("dist/examples/"));
  expect(own.filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"))).toEqual([]);
  expect(own.filter((file) => /\.test\.|^test|^node_modules/.test(file))).toEqual([]);
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

test("a file that was written anew is an adapter, and its tests pass, without any installation beside it", async () => {
  const elsewhere = join(folder.path, "elsewhere");
  await shell(installed, `npx mixdown adapter new audit --dir "${elsewhere}"`);
  expect(await shell(installed, `npx mixdown validate --config "${elsewhere}/audit.yaml"`)).toContain("is good");
  expect(await shell(installed, `npx mixdown adapter test "${elsewhere}/audit.test.ts"`)).toMatch(
    /pass 20[\s\S]*fail 0/,
  );
});

test("a package that names mixdown as its peer is an adapter, with types that fit", async () => {
  const author = join(folder.path, "author");
  mkdirSync(author);
  const manifest = { name: "mixdown-demo", version: "1.0.0", type: "module", exports: "./demo.js" };
  writeFileSync(join(author, "package.json"), JSON.stringify({ ...manifest, peerDependencies: { mixdown: "*" } }));
  writeFileSync(join(author, "demo.ts"), guideFiles()["audit.ts"]);
  // What an author has after "npm install --save-dev mixdown".
  symlinkSync(join(installed, "node_modules"), join(author, "node_modules"));
  const types = [
    "--strict",
    "--module",
    "nodenext",
    "--target",
    "es2022",
    "--typeRoots",
    `"${root}node_modules/@types"`,
  ];
  await shell(author, `node "${root}node_modules/typescript/bin/tsc" ${types.join(" ")} --types node demo.ts`);
  rmSync(join(author, "node_modules"));
  mkdirSync(join(installed, "node_modules/mixdown-demo"));
  for (const file of ["package.json", "demo.js"])
    copyFileSync(join(author, file), join(installed, "node_modules/mixdown-demo", file));
  const config = join(installed, "demo.yaml");
  writeFileSync(config, guideFiles()["mesh.yaml"].replace("./audit.ts", "mixdown-demo"));
  expect(await shell(installed, `npx mixdown validate --config "${config}"`)).toContain("is good");
  expect(await shell(installed, `npx mixdown components --config "${config}"`)).toMatch(
    /mixdown-demo +Posts log entries/,
  );
});

function ready(child: Child): { admin: string } | undefined {
  if (child.status() !== undefined) throw new Error(`npx ended (${child.status()}):\n${child.stderr()}`);
  const line = child
    .stderr()
    .split("\n")
    .find((text) => text.includes('"msg":"ready"'));
  return line === undefined ? undefined : JSON.parse(line).listeners;
}
