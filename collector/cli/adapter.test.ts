import { readdirSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type PluginFolder, pluginFolder } from "../plugins/plugin-files.fixture.ts";
import { adapterCommand } from "./adapter.ts";
import { testIo } from "./cli.fixture.ts";
import { validateCommand } from "./validate.ts";

let folder: PluginFolder;
beforeEach(() => {
  folder = pluginFolder();
});
afterEach(() => folder.remove());

async function adapter(...argv: string[]) {
  const { io, out, err } = testIo();
  return { status: await adapterCommand.run(argv, io), out: out(), err: err() };
}

describe("mixdown adapter new", () => {
  it("writes an adapter whose configuration is good and whose tests pass", async () => {
    const dir = `${folder.path}/new`;
    const { status, out } = await adapter("new", "pager-duty", "--dir", dir);
    expect(status).toBe(0);
    expect(out).toContain(`mixdown adapter test ${dir}/pager-duty.test.ts\n`);
    expect(readdirSync(dir).sort()).toEqual(["pager-duty.test.ts", "pager-duty.ts", "pager-duty.yaml"]);
    expect(readFileSync(`${dir}/pager-duty.ts`, "utf8")).toContain('type: "pager-duty"');
    const { io, out: report } = testIo();
    expect([await validateCommand.run(["--config", `${dir}/pager-duty.yaml`], io), report()]).toEqual([
      0,
      "the configuration is good: 1 handler, 1 instance, 1 rule\n",
    ]);
    expect(await adapter("test", `${dir}/pager-duty.test.ts`)).toMatchObject({
      status: 0,
      out: expect.stringMatching(/posts one object for each entry[\s\S]*fail 0/),
    });
  });

  it("writes one that decides", async () => {
    const { status } = await adapter("new", "door", "--checker", "--dir", folder.path);
    expect(status).toBe(0);
    const { io, out: report } = testIo();
    expect([await validateCommand.run(["--config", `${folder.path}/door.yaml`], io), report()]).toEqual([
      0,
      "the configuration is good: 1 handler, 0 instances, 1 rule\n",
    ]);
    expect(await adapter("test", `${folder.path}/door.test.ts`)).toMatchObject({
      status: 0,
      out: expect.stringMatching(/refuses tenants that nobody knows[\s\S]*fail 0/),
    });
  });

  it("overwrites nothing", async () => {
    const path = folder.write("audit.ts", "mine");
    await expect(adapter("new", "audit", "--dir", folder.path)).rejects.toThrow(`${path} is there already`);
    expect(readFileSync(path, "utf8")).toBe("mine");
  });

  it.each([
    [["new"], "new needs a name"],
    [["new", "Bad_Name"], '"Bad_Name" is no name for an adapter'],
    [["new", "a", "b"], 'unexpected argument "b"'],
    [["test"], "test needs a file"],
    [["test", "a.ts", "--dir", "x"], "--dir goes with new"],
    [["test", "a.ts", "--checker"], "--checker goes with new"],
    [["old"], 'unknown action "old" (new or test)'],
    [[], "new or test?"],
  ])("%j is refused", async (argv, message) => {
    await expect(adapter(...argv)).rejects.toThrow(`mixdown adapter: ${message}`);
  });
});

describe("mixdown adapter test", () => {
  it("ends with 1 if a test fails, and shows which", async () => {
    const path = folder.write(
      "a.test.mjs",
      'import { test } from "node:test";\ntest("never", () => { throw new Error("no"); });',
    );
    expect(await adapter("test", path)).toMatchObject({ status: 1, out: expect.stringContaining("never") });
  });

  it("runs the tests of this project's example", async () => {
    const { status, out } = await adapter("test", "examples/adapters/webhook.test.ts");
    expect([status, out]).toEqual([0, expect.stringMatching(/pass 20\n[\s\S]*fail 0\n/)]);
  });
});
