import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { pluginFolder, pluginText } from "../plugins/plugin-files.fixture.ts";

const program = new URL("../../bin/mixdown.js", import.meta.url).pathname;

it("tells of what a plug-in lets go of, and goes on", async () => {
  const folder = pluginFolder();
  folder.write("demo.ts", `${pluginText()}Promise.reject(new Error("nobody waits for me"));`);
  const config = folder.write("mesh.yaml", "handlers: { demo: { adapter: ./demo.ts } }");
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [program, "validate", "--config", config]);
  expect(stdout).toContain("the configuration is good");
  expect(stderr).toBe("a plug-in let go of an error that nothing caught: nobody waits for me\n");
  folder.remove();
});
