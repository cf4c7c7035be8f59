/** A place in a configuration file; lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Keys and indexes from the root of the configuration. */
export type Path = readonly (string | number)[];

/** Something wrong with a configuration, where it stands, and how to put it right. */
export interface Problem extends Place {
  /** From the root of the configuration, for example `rules[0].match`. */
  readonly path: string;
  readonly message: string;
  /** What would have been right. */
  readonly expected?: string;
  /** The nearest valid name. */
  readonly suggestion?: string;
}

/** A problem as a check finds it. */
export interface Finding {
  readonly at: Place;
  readonly path: Path;
  readonly message: string;
  readonly expected?: string | undefined;
  readonly suggestion?: string | undefined;
}

/** Takes what a check finds; checks go on after reporting. */
export type Report = (finding: Finding) => void;

/** `a.b[0]["with.dot"]`. */
export function formatPath(path: Path): string {
  return path.map((part, index) => formatPart(part, index === 0)).join("");
}

function formatPart(part: string | number, first: boolean): string {
  if (typeof part === "number") return `[${part}]`;
  if (!/^[\w-]+$/.test(part)) return `[${JSON.stringify(part)}]`;
  return first ? part : `.${part}`;
}

/** `file:line:column: message (expected ...). Did you mean "x"?` */
export function formatProblem({ file, line, column, message, expected, suggestion }: Problem): string {
  const wanted = expected === undefined ? "" : ` (expected ${expected})`;
  const hint = suggestion === undefined ? "" : `. Did you mean "${suggestion}"?`;
  return `${file}:${line}:${column}: ${message}${wanted}${hint}`;
}

/** Findings as problems: in the order of the files and their lines, each once (anchors repeat what they hold). */
export function toProblems(findings: readonly Finding[], files: readonly string[]): Problem[] {
  const unique = new Map<string, Problem>();
  for (const finding of findings) {
    const problem = toProblem(finding);
    const key = formatProblem(problem);
    if (!unique.has(key)) unique.set(key, problem);
  }
  return [...unique.values()].sort(
    (a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.column - b.column,
  );
}

function toProblem({ at, path, message, expected, suggestion }: Finding): Problem {
  return {
    ...at,
    path: formatPath(path),
    message,
    ...(expected === undefined ? {} : { expected }),
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}
