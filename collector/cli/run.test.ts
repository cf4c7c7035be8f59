import { describe, expect, it } from "vitest";
import { HubError } from "../errors.ts";
import { testIo } from "./cli.fixture.ts";
import type { CommandEntry } from "./inventory.ts";
import { inventory } from "./inventory.ts";
import { packageVersion, runCommand } from "./run.ts";

const echo: CommandEntry = {
  name: "echo",
  summary: "Says it again.",
  load: async () => ({
    name: "echo",
    summary: "Says it again.",
    help: "Usage: mixdown echo WORD...\n",
    async run(argv, io) {
      if (argv[0] === "bad") throw new HubError("USAGE", "mixdown echo: bad word");
      if (argv[0] === "tls") throw new HubError("TLS_INVALID", "no key");
      if (argv[0] === "bug") throw new Error("oops");
      io.stdout.write(argv.join(" "));
      return 3;
    },
  }),
};

async function run(...argv: string[]) {
  const { io, out, err } = testIo();
  return { status: await runCommand([echo], argv, io), out: out(), err: err() };
}

describe("the command line", () => {
  it("runs a verb with what follows it", async () => {
    expect(await run("echo", "a", "b")).toEqual({ status: 3, out: "a b", err: "" });
  });

  it("shows help: of all, and of one verb", async () => {
    expect(await run("--help")).toMatchObject({
      status: 0,
      out: expect.stringContaining("echo  Says it again."),
      err: "",
    });
    for (const argv of [
      ["echo", "--help"],
      ["echo", "x", "-h"],
      ["help", "echo"],
    ]) {
      expect(await run(...argv)).toEqual({ status: 0, out: "Usage: mixdown echo WORD...\n", err: "" });
    }
    expect(await run("echo", "--", "--help")).toMatchObject({ out: "-- --help" });
  });

  it("shows the version of the package", async () => {
    expect(await run("--version")).toEqual({ status: 0, out: `${packageVersion()}\n`, err: "" });
    expect(packageVersion()).toMatch(/^\d+\.\d+\.\d+/);
    expect(packageVersion("/")).toBe("unknown");
  });

  it("refuses what it does not know, on standard error and with 64", async () => {
    expect(await run("ecko")).toEqual({
      status: 64,
      out: "",
      err: 'mixdown: unknown verb "ecko", did you mean "echo"?\n',
    });
    expect(await run("zzzzzz")).toMatchObject({
      status: 64,
      err: 'mixdown: unknown verb "zzzzzz", the verbs are echo\n',
    });
    expect(await run("--confg")).toMatchObject({
      status: 64,
      err: expect.stringContaining('unknown option "--confg"'),
    });
    expect(await run()).toMatchObject({ status: 64, out: "", err: expect.stringContaining("no verb given") });
  });

  it("ends with the status of a fault", async () => {
    expect(await run("echo", "bad")).toEqual({
      status: 64,
      out: "",
      err: 'mixdown echo: bad word\nTry "mixdown echo --help".\n',
    });
    expect(await run("echo", "tls")).toEqual({ status: 78, out: "", err: "no key\n" });
    expect(await run("echo", "bug")).toMatchObject({
      status: 70,
      err: expect.stringContaining("mixdown echo: a bug: Error: oops"),
    });
  });
});

describe("every verb", () => {
  it.each(inventory.map((entry) => [entry.name, entry] as const))("%s has help with examples", async (name, entry) => {
    const command = await entry.load();
    expect(command).toMatchObject({ name, summary: entry.summary });
    expect(command.help).toMatch(new RegExp(`^Usage: mixdown ${name}[\\s\\S]*\nExamples:\n  mixdown ${name}`));
    for (const line of command.help.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
  });
});
