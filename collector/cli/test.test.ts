import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { testIo } from "./cli.fixture.ts";
import { testCommand } from "./test.ts";

const config = `
rules:
  - name: no-admin
    match: request.url_path == "/admin"
    deny: { message: "keep <out>", headers: { x-why: admin } }
`;
const good = `
config: mesh.yaml
cases:
  - { name: admin, attributes: { request.path: /admin }, expect: { allowed: false, headers: { X-Why: admin, x-more: null } } }
`;
const bad = `
config: [mesh.yaml]
default: deny
cases:
  - name: "the <rest>"
    attributes: { request.path: / }
    expect: { allowed: true, rule: "", headers: { x-why: admin }, shadow: null }
`;

async function run(files: Record<string, string>, ...argv: string[]) {
  const { io, out } = testIo();
  const readFile = (path: string) => {
    const name = path.replace(`${process.cwd()}/`, "");
    return { "mesh.yaml": config, ...files }[name] ?? io.readFile(path);
  };
  const status = await testCommand.run([...Object.keys(files), ...argv], { ...io, readFile });
  return { status, out: out() };
}

it("passes where all is as expected", async () => {
  expect(await run({ "good.yaml": good })).toEqual({ status: 0, out: "1 passed, 0 failed\n" });
});

it("shows a case that is not as a diff, and ends with 1", async () => {
  expect(await run({ "good.yaml": good, "bad.yaml": bad })).toEqual({
    status: 1,
    out: [
      "bad.yaml:5: the <rest>",
      "  - allowed: true",
      "  + allowed: false",
      '  - headers.x-why: "admin"',
      "1 passed, 1 failed",
      "",
    ].join("\n"),
  });
});

it("gives the same as JSON, and to CI as JUnit", async () => {
  const folder = mkdtempSync(join(tmpdir(), "mixdown-test-"));
  const report = join(folder, "report.xml");
  const { status, out } = await run({ "good.yaml": good, "bad.yaml": bad }, "--json", "--junit", report);
  expect(status).toBe(1);
  expect(JSON.parse(out)).toEqual({
    ok: false,
    files: [
      { file: "good.yaml", cases: [{ name: "admin", line: 4, ok: true, differences: [] }] },
      {
        file: "bad.yaml",
        cases: [
          {
            ...{ name: "the <rest>", line: 5, ok: false },
            differences: [
              { field: "allowed", expected: true, got: false },
              { field: "headers.x-why", expected: "admin" },
            ],
          },
        ],
      },
    ],
  });
  expect(readFileSync(report, "utf8")).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="good.yaml" tests="1" failures="0">
    <testcase classname="good.yaml" name="admin" file="good.yaml" line="4"/>
  </testsuite>
  <testsuite name="bad.yaml" tests="1" failures="1">
    <testcase classname="bad.yaml" name="the &lt;rest&gt;" file="bad.yaml" line="5">
      <failure message="not as expected">- allowed: true
+ allowed: false
- headers.x-why: &quot;admin&quot;</failure>
    </testcase>
  </testsuite>
</testsuites>
`);
  rmSync(folder, { recursive: true });
});

it.each([
  ["config: mesh.yaml\ncases: []", /bad.yaml:2: cases: /],
  ["config: mesh.yaml\ncases: [{ name: a, expect: {} }]", /bad.yaml:2: cases.0.expect: expects nothing/],
  ["config: mesh.yaml\ncases: [{ name: a, expect: { alowed: true } }]", /cases.0.expect: .*alowed/],
  ["config: mesh.yaml\ncases: [{ name: a, attributes: { b: 1 }, expect: { rule: x } }]", /unknown attribute "b"/],
  ["config: gone.yaml\ncases: [{ name: a, expect: { rule: x } }]", /gone.yaml/],
  ["a: [", /bad.yaml: /],
])("refuses %j", async (text, message) => {
  await expect(run({ "bad.yaml": text })).rejects.toThrow(message);
});
