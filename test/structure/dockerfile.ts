/** One instruction of a Dockerfile. */
export interface Instruction {
  readonly line: number;
  /** In capitals. */
  readonly name: string;
  /** Everything after the name, continued lines joined by a space, comments left out. */
  readonly text: string;
}

/** The instructions from one FROM up to the next. */
export interface Stage {
  readonly name: string | undefined;
  /** With the values of ARGs before the first FROM put in. */
  readonly image: string;
  readonly instructions: readonly Instruction[];
}

/** A COPY of a stage: what it takes from where. */
export interface Copy {
  /** A stage's name; undefined for the build context. */
  readonly from: string | undefined;
  readonly sources: readonly string[];
  readonly target: string;
}

/** The instructions of a Dockerfile in order. */
export function instructionsOf(dockerfile: string): Instruction[] {
  const found: Instruction[] = [];
  let open: { line: number; text: string } | undefined;
  for (const [index, row] of dockerfile.split("\n").entries()) {
    if (/^\s*(#|$)/.test(row)) continue;
    const continued = row.endsWith("\\");
    const text = row.replace(/\\$/, "").trim();
    open = open === undefined ? { line: index + 1, text } : { ...open, text: `${open.text} ${text}` };
    if (continued) continue;
    const [, name = "", rest = ""] = /^(\w+)\s*(.*)$/.exec(open.text) ?? [];
    found.push({ line: open.line, name: name.toUpperCase(), text: rest });
    open = undefined;
  }
  return found;
}

/** The stages of a Dockerfile in order. */
export function stagesOf(instructions: readonly Instruction[]): Stage[] {
  const starts = instructions.flatMap(({ name }, index) => (name === "FROM" ? [index] : []));
  const values = argumentsOf(instructions.slice(0, starts[0]));
  return starts.map((start, index) => {
    const [, image = "", name] = /^(\S+)(?:\s+AS\s+(\S+))?$/i.exec(instructions[start]?.text ?? "") ?? [];
    return {
      name,
      image: image.replaceAll(/\$\{(\w+)\}/g, (whole, key) => values.get(key) ?? whole),
      instructions: instructions.slice(start + 1, starts[index + 1]),
    };
  });
}

function argumentsOf(instructions: readonly Instruction[]): Map<string, string> {
  const pairs = instructions.filter(({ name }) => name === "ARG").map(({ text }) => text.split("=", 2));
  return new Map(pairs.map(([key = "", value = ""]) => [key, value]));
}

/** The texts of a stage's instructions of one name. */
export function textsOf(stage: Stage, name: string): string[] {
  return stage.instructions.filter((instruction) => instruction.name === name).map(({ text }) => text);
}

/** The COPYs of a stage. */
export function copiesOf(stage: Stage): Copy[] {
  return textsOf(stage, "COPY").map((text) => {
    const words = text.split(/\s+/);
    const flags = words.filter((word) => word.startsWith("--"));
    const paths = words.filter((word) => !word.startsWith("--"));
    const from = flags.find((flag) => flag.startsWith("--from="))?.slice("--from=".length);
    return { from, sources: paths.slice(0, -1), target: paths.at(-1) ?? "" };
  });
}

/** The environment that a stage sets. */
export function environmentOf(stage: Stage): Record<string, string> {
  const pairs = textsOf(stage, "ENV").flatMap((text) => text.split(/\s+/).map((pair) => pair.split("=", 2)));
  return Object.fromEntries(pairs);
}

/** A command in exec form; undefined for one that a shell would run. */
export function execForm(text: string): string[] | undefined {
  const start = text.indexOf("[");
  if (start < 0) return undefined;
  try {
    const words: unknown = JSON.parse(text.slice(start));
    return Array.isArray(words) && words.every((word) => typeof word === "string") ? words : undefined;
  } catch {
    return undefined;
  }
}

/** Tells of a path of the build context whether a .dockerignore leaves it out: the last line that fits it or a folder above it decides. */
export function createIgnore(dockerignore: string): (path: string) => boolean {
  const rules = dockerignore
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => ({ keeps: line.startsWith("!"), pattern: toPattern(line.replace(/^!/, "")) }));
  return (path) => rules.findLast(({ pattern }) => pattern.test(path))?.keeps === false;
}

function toPattern(glob: string): RegExp {
  const escaped = glob
    .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll(/\*\*\/|\*|\?/g, (wild) => ({ "**/": "(?:.*/)?", "*": "[^/]*" })[wild] ?? "[^/]");
  return new RegExp(`^${escaped}(?:/.*)?$`);
}
