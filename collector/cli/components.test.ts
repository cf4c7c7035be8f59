import { describe, expect, it } from "vitest";
import { testIo } from "./cli.fixture.ts";
import { componentsCommand } from "./components.ts";

async function components(...argv: string[]) {
  const { io, out } = testIo();
  return { status: await componentsCommand.run(argv, io), out: out() };
}

describe("mixdown components", () => {
  it("lists adapters, receivers and functions", async () => {
    const { status, out } = await components();
    expect(status).toBe(0);
    expect(out).toMatch(/^Adapters\n {2}prometheus +Counters.* Takes metric\.\n/);
    expect(out).toMatch(/\nReceivers\n {2}\S.*\n/);
    expect(out).toMatch(/\nFunctions\n(?: {2}.{1,96}\n)+$/);
  });

  it("speaks JSON, without operators among the functions", async () => {
    const { adapters, functions } = JSON.parse((await components("--format", "json")).out);
    expect(adapters).toContainEqual(expect.objectContaining({ name: "prometheus", accepts: ["metric"] }));
    expect(functions).toEqual(expect.arrayContaining(["startsWith", "size", "ip"]));
    expect(functions.filter((name: string) => name.includes("_+_"))).toEqual([]);
  });
});
