import { readdirSync } from "node:fs";
import { expect, it } from "vitest";
import { testIo } from "../../collector/cli/cli.fixture.ts";
import { testCommand } from "../../collector/cli/test.ts";
import { documentedCode, root } from "../support/documents.ts";

const files = readdirSync(`${root}examples`, { recursive: true, encoding: "utf8" }).filter((file) =>
  file.endsWith(".test.yaml"),
);

it("has cases that users can start from", () => expect(files).toContain("policy/shop.test.yaml"));

/** Cases that documents show, as files beside those that they are from. */
const documented = documentedCode("yaml").filter(({ text }) => /^config: shop.yaml\ncases:/m.test(text));

it("is documented", () => expect(documented).not.toEqual([]));

it.each(documented)("$place passes", async ({ text }) => {
  const path = `${root}examples/policy/documented.yaml`;
  const { io, out } = testIo({ [path]: text });
  await testCommand.run([path], io);
  expect(out()).toMatch(/^\d+ passed, 0 failed\n$/);
});

it.each(files)("%s passes", async (file) => {
  const { io, out } = testIo();
  expect([await testCommand.run([`${root}examples/${file}`], io), out()]).toEqual([
    0,
    expect.stringMatching(/^\d+ passed, 0 failed\n$/),
  ]);
});
