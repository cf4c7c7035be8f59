import { describe, expect, it } from "vitest";
import { HubError } from "../errors.ts";
import { oneOfChoices, parseArguments } from "./parse-arguments.ts";

const spec = {
  verb: "try",
  options: { config: { type: "string", multiple: true }, quiet: { type: "boolean", short: "q" } },
  maxPositionals: 1,
} as const;

function fault(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof HubError) return `${error.code} ${error.message}`;
  }
  return "none";
}

describe("arguments", () => {
  it("come out by name, repeated ones in order", () => {
    const { values, positionals } = parseArguments(["--config", "a", "-q", "x", "--config=b"], spec);
    expect(values).toEqual({ config: ["a", "b"], quiet: true });
    expect(positionals).toEqual(["x"]);
  });

  const cases: readonly [readonly string[], string][] = [
    [["--confg", "a"], "USAGE mixdown try: unknown option --confg, did you mean --config?"],
    [["--zzz"], "USAGE mixdown try: unknown option --zzz"],
    [["-x"], "USAGE mixdown try: unknown option -x"],
    [["--hlep"], "USAGE mixdown try: unknown option --hlep, did you mean --help?"],
    [["--config"], "USAGE mixdown try: option --config needs a value"],
    [["--config", "--quiet"], "USAGE mixdown try: option --config needs a value"],
    [["--quiet=1"], "USAGE mixdown try: option --quiet takes no value"],
    [["a", "b"], 'USAGE mixdown try: unexpected argument "b"'],
  ];
  it.each(cases)("%j", (argv, message) => {
    expect(fault(() => parseArguments(argv, spec))).toBe(message);
  });

  it("may be limited to choices", () => {
    expect(oneOfChoices("try", "format", "json", ["text", "json"])).toBe("json");
    expect(fault(() => oneOfChoices("try", "format", "jsn", ["text", "json"]))).toBe(
      'USAGE mixdown try: option --format cannot be "jsn" (text or json), did you mean json?',
    );
  });
});
