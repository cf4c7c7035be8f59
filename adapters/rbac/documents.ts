import { globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";

/** One resource of a file. */
export interface Resource {
  /** File and document, for people. */
  readonly place: string;
  readonly value: unknown;
}

/** What the files hold, and what is wrong with them. */
export interface Documents {
  readonly resources: readonly Resource[];
  readonly problems: readonly string[];
}

const isGlob = (path: string): boolean => /[*?[\]{}]/.test(path);

/** The files that a path, a folder or a glob means, in a fixed order. */
function filesOf(path: string): readonly string[] {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return filesOf(join(path, "*.{yaml,yml,json}"));
  return isGlob(path) ? [...globSync(path)].sort() : [path];
}

/** The files that a path, a folder or a glob means, as they are now. */
export interface Source {
  readonly path: string;
  readonly files: readonly { readonly name: string; readonly text: string | undefined; readonly problem?: string }[];
}

/** Reads the files of a path, folder or glob. */
export function readSource(path: string): Source {
  const files = filesOf(path).map((name) => {
    try {
      return { name, text: readFileSync(name, "utf8") };
    } catch (error) {
      return { name, text: undefined, problem: `${name} cannot be read: ${(error as Error).message}` };
    }
  });
  return { path, files };
}

/** All resources of a source. */
export function documentsOf({ path, files }: Source): Documents {
  if (files.length === 0) return { resources: [], problems: [`${path} means no file`] };
  const read = files.map(({ name, text, problem = "" }) =>
    text === undefined ? { resources: [], problems: [problem] } : parseFile(name, text),
  );
  return { resources: read.flatMap(({ resources }) => resources), problems: read.flatMap(({ problems }) => problems) };
}

function parseFile(file: string, text: string): Documents {
  const documents = parseAllDocuments(text);
  const problems = documents.flatMap(({ errors }, index) =>
    errors.map(({ message }) => `${file}, document ${index + 1}: ${message.split("\n", 1)[0]}`),
  );
  if (problems.length > 0) return { resources: [], problems };
  return {
    resources: documents.flatMap((document, index) =>
      itemsOf({ place: `${file}, document ${index + 1}`, value: document.toJS() }),
    ),
    problems: [],
  };
}

/** The items of a list of resources, or the resource itself. */
function itemsOf({ place, value }: Resource): readonly Resource[] {
  const { kind, items } = (value ?? {}) as { readonly kind?: unknown; readonly items?: unknown };
  if (typeof kind !== "string" || !kind.endsWith("List") || !Array.isArray(items)) return [{ place, value }];
  return items.flatMap((item, index) => itemsOf({ place: `${place}, item ${index + 1}`, value: item }));
}
