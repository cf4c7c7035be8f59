import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { requirePeer } from "../support/peers.ts";
import { startChild } from "./support/child.ts";
import { temporaryFolder } from "./support/folder.ts";
import { dataFrames, flag, frame, frameType, grpcHeaders, grpcMessage, rawConnection } from "./support/http2-frames.ts";
import { freePorts, type Hub, startHub } from "./support/hub.ts";
import { describeWith, measured } from "./support/needs.ts";
import { waitUntil } from "./support/wait.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const service = "envoy.service.accesslog.v3.AccessLogService";

describeWith("grpcurl")("grpcurl", () => {
  let hub: Hub;

  beforeAll(async () => {
    hub = await startHub();
  });

  afterAll(() => hub.stop());

  function grpcurl(...args: string[]) {
    const [flags, rest] = [args.filter((arg) => arg.startsWith("-")), args.filter((arg) => !arg.startsWith("-"))];
    const address = hub.listeners.grpc ?? "";
    const { stdout, stderr, status } = spawnSync(
      requirePeer("grpcurl"),
      ["-plaintext", "-max-time", "10", ...flags, address, ...rest],
      { encoding: "utf8" },
    );
    return { stdout, stderr, status };
  }

  test("lists the services", () => {
    const { stdout } = grpcurl("list");
    expect(stdout.trim().split("\n")).toEqual(
      expect.arrayContaining([service, "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"]),
    );
  });

  test("describes the access log service and its messages", () => {
    expect(grpcurl("describe", service).stdout).toMatch(/rpc StreamAccessLogs/);
    expect(grpcurl("describe", "envoy.data.accesslog.v3.HTTPAccessLogEntry").stdout).toMatch(/common_properties/);
  });

  test("checks health of the server and of a service", () => {
    expect(JSON.parse(grpcurl("grpc.health.v1.Health/Check").stdout)).toEqual({ status: "SERVING" });
    const { stderr, status } = grpcurl('-d={"service":"no.such.Service"}', "grpc.health.v1.Health/Check");
    expect(stderr).toMatch(/NotFound/);
    expect(status).not.toBe(0);
  });

  test("sends access logs by reflection", () => {
    const entry = {
      commonProperties: { accessLogType: "DownstreamEnd", duration: "0.01s" },
      response: { responseCode: 204 },
    };
    const message = JSON.stringify({ identifier: { logName: "by-hand" }, httpLogs: { logEntry: [entry] } });
    const { status, stderr } = grpcurl(`-d=${message}`, `${service}/StreamAccessLogs`);
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });

  test("and what it sent is counted", async () => {
    expect(await hub.total("istio_requests_total", { response_code: "204" })).toBe(1);
  });

  test("an unknown method is unimplemented", () => {
    const { stderr } = grpcurl(
      `-import-path=${join(root, "test/e2e/support")}`,
      "-proto=unknown.proto",
      "unknown.Nothing/Do",
    );
    expect(stderr).toMatch(/Unimplemented/);
  });
});

describe("starting", () => {
  test("from the shell to the ready line within two seconds", async () => {
    const times: number[] = [];
    for (let round = 0; round < 3; round++) {
      const hub = await startHub();
      times.push(hub.readyMs);
      expect((await hub.get("/readyz")).status).toBe(200);
      expect((await hub.get("/livez")).status).toBe(200);
      expect(await hub.stop()).toBe(0);
    }
    measured("from start to the ready line", times.map((time) => `${time.toFixed(0)} ms`).join(", "));
    expect(Math.min(...times)).toBeLessThan(2000);
  });

  test("the ready line names every listener as bound", async () => {
    const hub = await startHub();
    for (const address of Object.values(hub.listeners)) expect(address).toMatch(/^127\.0\.0\.1:[1-9]\d*$/);
    expect(Object.keys(hub.listeners).sort()).toEqual(["admin", "grpc"]);
    await hub.stop();
  });
});

describe("stopping", () => {
  test("SIGTERM to npm start reaches the hub, which ends with 0", async () => {
    const folder = temporaryFolder("npm-start");
    const config = join(folder.path, "config.yaml");
    writeFileSync(config, stringify(freePorts));
    const npm = startChild("npm", ["start", "--", "--config", config], { cwd: root });
    await waitUntil("the ready line", () => npm.stderr().includes('"msg":"ready"'));
    npm.signal("SIGTERM");
    await waitUntil("the hub to say that it stopped", () => npm.stderr().includes('"msg":"stopped"'));
    expect(await npm.ended()).toBe(0);
    folder.remove();
  });

  test("SIGTERM in the moment of the ready line ends it with 0", async () => {
    const folder = temporaryFolder("stop-at-once");
    const config = join(folder.path, "config.yaml");
    writeFileSync(config, stringify(freePorts));
    const args = ["bin/mixdown.js", "serve", "--config", config, "--data-dir", folder.path];
    const hub = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "ignore", "pipe"] });
    let log = "";
    hub.stderr.on("data", (chunk) => {
      log += chunk;
      if (!hub.killed && log.includes('"msg":"ready"')) hub.kill("SIGTERM");
    });
    expect(await once(hub, "exit")).toEqual([0, null]);
    expect(log).toContain('"msg":"ready"');
    folder.remove();
  });

  test("a second SIGTERM ends it at once, whatever is still open", async () => {
    const hub = await startHub();
    const raw = await rawConnection(hub.listeners.grpc ?? "");
    await raw.write(frame(frameType.HEADERS, flag.END_HEADERS, 1, grpcHeaders("/grpc.health.v1.Health/Watch")));
    await raw.write(dataFrames(1, grpcMessage(Buffer.alloc(0)), flag.END_STREAM));
    const started = performance.now();
    hub.process.signal("SIGTERM");
    await waitUntil("the hub to drain", () => hub.log().some(({ msg }) => msg === "stopping"));
    hub.process.signal("SIGTERM");
    await hub.process.ended();
    expect(performance.now() - started).toBeLessThan(5_000);
    raw.destroy();
  });
});

describe("a configuration with four typos", () => {
  const config = `handlers:
  prom: { adapter: prometheus, params: { maxSerie: 5 } }
instances:
  requests:
    template: metric
    params: { dimensions: { code: response.cod } }
rules:
  - name: first
    match: request.method == "GET" &&
    actions: [{ handler: prom, instances: [requests] }]
  - name: second
    actions: [{ handler: promm, instances: [requests] }]
`;

  test.each(["serve", "validate"])("%s gives four messages with line and suggestion, and exit 78", (verb) => {
    const folder = temporaryFolder("typos");
    const file = join(folder.path, "typos.yaml");
    writeFileSync(file, config);
    const { stderr, stdout, status } = spawnSync(process.execPath, ["bin/mixdown.js", verb, "--config", file], {
      cwd: root,
      encoding: "utf8",
    });
    folder.remove();
    const output = stderr + stdout;
    expect(status).toBe(78);
    expect(output.match(/typos\.yaml:\d+:\d+/g)).toHaveLength(4);
    for (const place of ["typos.yaml:2:", "typos.yaml:6:", "typos.yaml:9:", "typos.yaml:12:"])
      expect(output).toContain(place);
    for (const suggestion of ["maxSeries", "response.code", "prom"])
      expect(output).toMatch(new RegExp(`\\b${suggestion}\\b`));
  });
});

test("the program says its version", () => {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const { stdout } = spawnSync(process.execPath, ["bin/mixdown.js", "--version"], { cwd: root, encoding: "utf8" });
  expect(stdout).toContain(version);
});
