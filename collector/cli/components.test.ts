import { describe, expect, it } from "vitest";
import { pluginFolder, pluginText } from "../plugins/plugin-files.fixture.ts";
import { testIo } from "./cli.fixture.ts";
import { componentsCommand } from "./components.ts";

async function components(...argv: string[]) {
  const { io, out, err } = testIo();
  return { status: await componentsCommand.run(argv, io), out: out(), err: err() };
}

describe("mixdown components", () => {
  it("lists adapters, receivers and functions", async () => {
    const { status, out } = await components();
    expect(status).toBe(0);
    expect(out).toMatch(/^Adapters\n {2}prometheus +Counters.* Takes metric, metrics\.\n/);
    expect(out).toMatch(/\n {2}rbac +Decides by AuthorizationPolicy.* Answers checks\.\n/);
    expect(out).toMatch(/\nReceivers\n {2}\S.*\n/);
    expect(out).toMatch(/\nFunctions\n(?: {2}.{1,96}\n)+$/);
  });

  it("speaks JSON, without operators among the functions", async () => {
    const { adapters, functions } = JSON.parse((await components("--format", "json")).out);
    expect(adapters).toContainEqual(
      expect.objectContaining({ name: "prometheus", accepts: ["metric", "metrics"], answers: [] }),
    );
    expect(adapters).toContainEqual(expect.objectContaining({ name: "ratelimit", answers: ["rateLimits"] }));
    expect(functions).toEqual(expect.arrayContaining(["startsWith", "size", "ip"]));
    expect(functions.filter((name: string) => name.includes("_+_"))).toEqual([]);
  });

  it("lists the plug-ins of a configuration, and tells of those that cannot be loaded", async () => {
    const folder = pluginFolder();
    folder.write("demo.ts", pluginText());
    folder.write("broken.ts", "throw new Error('no');");
    const config = folder.write(
      "mesh.yaml",
      "handlers: { a: { adapter: ./demo.ts }, b: { adapter: ./broken.ts }, c: { adapter: prometheus } }",
    );
    const { status, out, err } = await components("--config", config);
    folder.remove();
    expect(status).toBe(78);
    expect(out).toMatch(/^Adapters\n(?:.*\n)* {2}\.\/demo\.ts +Takes metrics\. Takes metric\.\n\nReceivers/);
    expect(err).toMatch(/^the adapter ".\/broken.ts" cannot be loaded: .*broken.ts:1: no\n$/);
  });
});
