import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { posix } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defaultConfigFile, defaultListeners } from "../../collector/config/defaults.ts";
import { root } from "../support/documents.ts";
import {
  copiesOf,
  createIgnore,
  environmentOf,
  execForm,
  instructionsOf,
  type Stage,
  stagesOf,
  textsOf,
} from "./dockerfile.ts";
import { importsOf } from "./imports.ts";

const read = (file: string) => readFileSync(root + file, "utf8");
const project = JSON.parse(read("package.json"));
const instructions = instructionsOf(read("Dockerfile"));
const stages = stagesOf(instructions);
const [build, image] = stages as [Stage, Stage];
const ignored = createIgnore(read(".dockerignore"));
const environment = environmentOf(image);

/** The files of the project that a file pulls in, itself among them. */
function closure(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const { relative, to } of importsOf(file, read(file))) if (relative) closure(to, seen);
  return seen;
}

/** Whether the build stage has a file of the context. */
const isCopied = (file: string) =>
  !ignored(file) &&
  copiesOf(build).some(({ sources }) => sources.some((source) => file === source || file.startsWith(`${source}/`)));

describe("the Dockerfile", () => {
  test("has only instructions that there are, in two stages", () => {
    const known = "ARG FROM WORKDIR COPY RUN LABEL VOLUME ENV EXPOSE USER STOPSIGNAL HEALTHCHECK ENTRYPOINT CMD".split(
      " ",
    );
    expect(instructions.map(({ name }) => name).filter((name) => !known.includes(name))).toEqual([]);
    expect(stages.map(({ name }) => name)).toEqual(["build", undefined]);
  });

  test("stands on the Node that package.json pins", () => {
    const pinned = Object.values(project.optionalDependencies);
    for (const stage of stages) {
      const [, version, variant] = /^node:(\d+\.\d+\.\d+)-(\w+-slim)$/.exec(stage.image) ?? [];
      expect(pinned).toContain(version);
      expect(variant).toBe("bookworm-slim");
    }
  });

  test("copies only what is there and not ignored", () => {
    const sources = copiesOf(build).flatMap(({ from, sources }) => (from === undefined ? sources : []));
    expect(sources.filter((source) => !existsSync(root + source) || ignored(source))).toEqual([]);
  });

  test("gives the build every file that it needs", () => {
    const needed = ["collector/main.ts", "scripts/build.ts", "collector/cli/serve.ts"].flatMap((file) => [
      ...closure(file),
    ]);
    const more = ["package.json", "package-lock.json", "tsconfig.build.json", "tsconfig.json", "bin/mixdown.js"];
    const config = defaultConfigFile().slice(root.length);
    expect([...new Set([...needed, ...more, config])].filter((file) => !isCopied(file))).toEqual([]);
    expect(needed.length).toBeGreaterThan(100);
  });

  test("gives the build no tests, no data, no modules of another machine", () => {
    for (const file of ["node_modules", "node_modules/x/index.js", ".git/config", "data/stats.db", "dist/x.js"])
      expect([file, ignored(file)]).toEqual([file, true]);
    expect(ignored("collector/reload.test.ts")).toBe(true);
    expect(ignored("collector/config/load.fixture.ts")).toBe(true);
    expect(isCopied("collector/reload.ts")).toBe(true);
  });

  test("installs by the lockfile, builds, leaves development and the second Node behind", () => {
    const commands = textsOf(build, "RUN").join(" && ");
    const order = ["npm ci ", "npm run build", "npm prune --omit=dev", "rm -rf node_modules/node-linux-*"];
    const places = order.map((command) => commands.indexOf(command));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);
    const onLinux = Object.keys(project.optionalDependencies).filter((name) => name.includes("linux"));
    for (const name of onLinux) expect(name).toMatch(/^node-linux-/);
  });

  test("takes for the image what an installed package has", () => {
    const copies = copiesOf(image);
    expect(copies.every(({ from }) => from === "build")).toBe(true);
    const taken = copies.flatMap(({ sources }) => sources.map((source) => posix.relative("/src", source)));
    expect(taken.sort()).toEqual(["LICENSE", "bin", "dist", "node_modules", "package.json"]);
  });
});

describe("the image", () => {
  const entry = execForm(textsOf(image, "ENTRYPOINT").join()) ?? [];

  test("starts node itself, which gets the signals", () => {
    const start = JSON.parse(read("package.json")).scripts.start as string;
    const flags = start.split(" ").filter((word) => word.startsWith("--"));
    expect(entry).toEqual(["node", ...flags, "/opt/mixdown/bin/mixdown.js"]);
    expect(textsOf(image, "WORKDIR")[0]).toBe("/opt/mixdown");
    expect(execForm(textsOf(image, "CMD").join())).toEqual(["serve"]);
    expect(textsOf(image, "STOPSIGNAL")).toEqual(["SIGTERM"]);
  });

  test("runs as a user that is not root, by number", () => {
    const user = textsOf(image, "USER").at(-1) ?? "";
    expect(user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(image.instructions.findIndex(({ name }) => name === "USER")).toBeGreaterThan(
      image.instructions.findLastIndex(({ name }) => name === "RUN"),
    );
  });

  test("keeps data where the hub puts it, in a volume of its user", () => {
    const data = `${textsOf(image, "WORKDIR").at(-1)}/data`;
    expect(textsOf(image, "VOLUME")).toEqual([data]);
    expect(textsOf(image, "RUN").join()).toMatch(new RegExp(`install -d -o node -g node .*${data}`));
  });

  test("listens everywhere on the ports of the default configuration", () => {
    const addresses = Object.values(defaultListeners(environment)).map(({ address }) => address);
    const ports = textsOf(image, "EXPOSE").flatMap((text) => text.split(" "));
    expect(ports.map((port) => `0.0.0.0:${port}`)).toEqual(addresses);
  });

  describe("health check", () => {
    const command = execForm(textsOf(image, "HEALTHCHECK").join()) ?? [];
    const server = createServer((request, response) => {
      response.statusCode = request.url === "/readyz" ? 200 : 503;
      response.end();
    });
    let address = "";

    beforeAll(async () => {
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const bound = server.address();
      if (bound === null || typeof bound === "string") throw new Error("no port");
      address = `http://127.0.0.1:${bound.port}`;
    });
    afterAll(() => server.close());

    const check = (url: string) =>
      new Promise<number | null>((resolve) => {
        spawn(process.execPath, command.slice(1), { env: { MIXDOWN_HEALTH_URL: url } }).once("close", resolve);
      });

    test("asks the admin listener whether the hub is ready", () => {
      expect(command[0]).toBe("node");
      const port = defaultListeners(environment).admin.address.split(":")[1];
      expect(environment.MIXDOWN_HEALTH_URL).toBe(`http://127.0.0.1:${port}/readyz`);
    });

    test("is 0 if it is and 1 if it is not, is away or is nonsense", async () => {
      expect(await check(`${address}/readyz`)).toBe(0);
      expect(await check(`${address}/other`)).toBe(1);
      expect(await check("http://127.0.0.1:1/readyz")).toBe(1);
      expect(await check("nonsense")).toBe(1);
    });
  });
});

describe("reading Dockerfiles", () => {
  test("joins continued lines and passes over comments", () => {
    expect(instructionsOf("# x\nRUN a \\\n # y\n && b\n\nuser 1")).toEqual([
      { line: 2, name: "RUN", text: "a && b" },
      { line: 6, name: "USER", text: "1" },
    ]);
  });

  test("puts arguments into images", () => {
    expect(stagesOf(instructionsOf(`ARG A=b:1\nFROM \${A} AS c\nFROM d`))).toEqual([
      { name: "c", image: "b:1", instructions: [] },
      { name: undefined, image: "d", instructions: [] },
    ]);
  });

  test("tells commands for a shell from exec form", () => {
    expect(execForm("npm start")).toBeUndefined();
    expect(execForm("[npm start]")).toBeUndefined();
    expect(execForm('--interval=1s CMD ["a", "b"]')).toEqual(["a", "b"]);
  });

  test("lets the last fitting line of .dockerignore decide", () => {
    const ignores = createIgnore("*\n!src\n\n# x\n**/*.test.ts\n");
    expect(["a", "src", "src/a/b.ts", "src/a.test.ts", "src/b/a.test.ts", "a/src"].map(ignores)).toEqual([
      ...[true, false, false],
      ...[true, true, true],
    ]);
  });
});
