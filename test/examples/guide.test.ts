import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { adapterCommand } from "../../collector/cli/adapter.ts";
import { checkCommand } from "../../collector/cli/check.ts";
import { testIo } from "../../collector/cli/cli.fixture.ts";
import { componentsCommand } from "../../collector/cli/components.ts";
import { validateCommand } from "../../collector/cli/validate.ts";
import { type PluginFolder, pluginFolder } from "../../collector/plugins/plugin-files.fixture.ts";
import { root } from "../support/documents.ts";
import { guide, guideFiles, writeGuideFiles } from "../support/guide.ts";
import { startServer } from "../support/http-server.ts";

let folder: PluginFolder;
beforeAll(() => {
  folder = pluginFolder();
  writeGuideFiles(folder.path);
});
afterAll(() => folder.remove());

test("the adapters that users are shown have less than 40 lines", () => {
  const examples = ["webhook.ts", "gatekeeper.ts"].map((name) =>
    readFileSync(`${root}examples/adapters/${name}`, "utf8"),
  );
  const shown = [guideFiles()["audit.ts"], guideFiles()["gatekeeper.ts"], ...examples];
  for (const text of shown) {
    expect(text.split("\n").length).toBeGreaterThan(10);
    expect(text.split("\n").length).toBeLessThan(40);
  }
});

test("the guide's configuration is good, and its adapter is listed", async () => {
  const config = `${folder.path}/mesh.yaml`;
  const checked = testIo();
  expect([await validateCommand.run(["--config", config], checked.io), checked.out()]).toEqual([
    0,
    "the configuration is good: 1 handler, 1 instance, 1 rule\n",
  ]);
  const listed = testIo();
  await componentsCommand.run(["--config", config], listed.io);
  expect(listed.out()).toMatch(/ {2}\.\/audit\.ts +Posts log entries to the audit service\. Takes logentry\.\n/);
});

test.each(["audit", "gatekeeper"])("the guide's test of %s passes", async (name) => {
  const { io, out } = testIo();
  expect([await adapterCommand.run(["test", `${folder.path}/${name}.test.ts`], io), out()]).toEqual([
    0,
    expect.stringMatching(/pass [1-9]\d*\n[\s\S]*fail 0\n/),
  ]);
});

test("the guide's checker decides", async () => {
  const tenants = await startServer(({ path }, response) => {
    response.statusCode = path === "/tenants/acme" ? 200 : 404;
    response.end();
  });
  const policy = guideFiles()["gatekeeper.yaml"].replace("http://127.0.0.1:9000", tenants.url);
  writeFileSync(`${folder.path}/policy.yaml`, policy);
  const check = async (tenant: string) => {
    const { io, out } = testIo({ request: `{ request.path: /, request.headers: { x-tenant: ${tenant} } }` });
    await checkCommand.run(["--config", `${folder.path}/policy.yaml`, "--attributes", "request"], io);
    return out();
  };
  expect(await check("acme")).toMatch(/^allowed since no rule decided\n {2}known-tenants {2}pass/);
  expect(await check("evil")).toMatch(/^denied by known-tenants: 403 \(gRPC 7\) nobody knows this tenant/);
  await tenants.close();
});

test("the guide names every member of a checker, and every answer", () => {
  const page = readFileSync(root + guide, "utf8");
  const contract = readFileSync(`${root}adapters/checker.ts`, "utf8");
  const [, checks = ""] = /export interface Checks<[\s\S]*?\{\n([\s\S]*?)\n\}/.exec(contract) ?? [];
  const members = [...checks.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(]/gm)].map(([, name]) => name);
  expect(members).toContain("reads");
  const answers = [...contract.matchAll(/verdict: "(\w+)"/g)].map(([, verdict]) => verdict);
  expect(answers).toEqual(["pass", "deny", "error"]);
  for (const member of members) expect(page, member).toMatch(new RegExp(`^\\| .*\`${member}[\`(]`, "m"));
  for (const verdict of answers) expect(page).toContain(`{ verdict: "${verdict}"`);
});

test("the guide names every member that an adapter may declare, and every answer", () => {
  const page = readFileSync(root + guide, "utf8");
  const contract = readFileSync(`${root}adapters/adapter.ts`, "utf8");
  const [, adapter = ""] = /export interface Adapter<[\s\S]*?\{\n([\s\S]*?)\n\}/.exec(contract) ?? [];
  const members = [...adapter.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(]/gm)].map(([, name]) => name);
  expect(members).toContain("open");
  for (const member of members) expect(page, member).toMatch(new RegExp(`^\\| \`${member}[\`(]`, "m"));
  const answers = [...contract.matchAll(/\{ status: "(\w+)"/g)].map(([, status]) => status);
  expect(answers).toHaveLength(5);
  for (const status of answers) expect(page).toContain(`{ status: "${status}"`);
});
