import { randomBytes } from "node:crypto";
import { existsSync, realpathSync } from "node:fs";
import {
  createRequire,
  type LoadHookSync,
  type ResolveFnOutput,
  type ResolveHookSync,
  registerHooks,
} from "node:module";
import { extname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Fingerprints, fingerprint } from "./fingerprint.ts";
import { importNative } from "./native-import.ts";
import type { Target } from "./target.ts";

/** One import of a plug-in. */
export interface PluginImport {
  readonly module: Promise<Readonly<Record<string, unknown>>>;
  /** The file that the plug-in was found to be, once it is. */
  readonly entry: string | undefined;
  /** Every file of the plug-in that came so far, and those that it wants but are not there. */
  readonly files: Fingerprints;
  /** The file that was read last. */
  readonly last: string | undefined;
}

/** Imports plug-ins and follows what they bring. */
export interface PluginImporter {
  /** Imports a plug-in anew, with every file that it reaches by relative imports. `stale` are the files of its earlier imports. */
  import(target: Target, stale: Iterable<string>): PluginImport;
  /** Plug-ins that are loaded stay; what they import later is not theirs any more. */
  close(): void;
}

interface Attempt {
  readonly target: Target;
  entry: string | undefined;
  last: string | undefined;
  readonly files: Map<string, string>;
}

const scheme = "mixdown-plugin:";
const own = new URL("../../adapters/", import.meta.url).href;
const ending = extname(new URL(import.meta.url).pathname);
/** What plug-ins import of the hub: these files of this hub, whichever other mixdown is installed beside the plug-in. */
const contract: ReadonlyMap<string, string> = new Map([
  ["mixdown/adapter", `${own}plugin${ending}`],
  ["mixdown/adapter/testing", `${own}testing${ending}`],
]);

/** Installs hooks of Node's module loader; the URL of a plug-in's file carries the number of the import that it belongs to. */
export function createPluginImporter(): PluginImporter {
  const attempts = new Map<string, Attempt>();
  const required = new Map<string, Attempt>();
  const { cache } = createRequire(import.meta.url);
  const series = randomBytes(4).toString("hex");

  const resolveHook: ResolveHookSync = (specifier, context, next) => {
    const url = contract.get(specifier);
    if (url !== undefined) return { url, shortCircuit: true };
    const started = specifier.startsWith(scheme) ? attempts.get(specifier.slice(scheme.length)) : undefined;
    if (started !== undefined) {
      const found = findEntry(started.target, (name, from) => next(name, { ...context, parentURL: from }));
      started.entry = fileURLToPath(found.url);
      return mark(found, specifier.slice(scheme.length));
    }
    const id = idOf(context.parentURL);
    const owner = id === undefined ? required.get(pathOf(context.parentURL)) : attempts.get(id);
    if (owner === undefined || !/^(\.{0,2}\/|file:|#)/.test(specifier)) return next(specifier, context);
    const found = following(owner, specifier, context.parentURL, () => next(specifier, context));
    if (id !== undefined) return mark(found, id);
    follow(owner, pathOf(found.url));
    required.set(pathOf(found.url), owner);
    return found;
  };

  const loadHook: LoadHookSync = (url, context, next) => {
    const attempt = attempts.get(idOf(url) ?? "");
    if (attempt === undefined) return next(url, context);
    const path = fileURLToPath(url);
    follow(attempt, path);
    const loaded = next(url, context);
    if (!loaded.format?.startsWith("commonjs")) return loaded;
    required.set(path, attempt);
    return { format: "module", source: bridgeTo(path), shortCircuit: true };
  };

  const hooks = registerHooks({ resolve: resolveHook, load: loadHook });
  return {
    import(target, stale) {
      for (const path of stale) delete cache[path];
      const id = `${series}.${attempts.size}`;
      const attempt: Attempt = { target, entry: undefined, last: undefined, files: new Map() };
      attempts.set(id, attempt);
      if (target.kind === "file") follow(attempt, target.path);
      const module = importNative(scheme + id);
      return Object.assign(attempt, { module });
    },
    close: () => hooks.deregister(),
  };
}

const marker = /[?&]mixdown=([\w.]+)$/;
const idOf = (url: string | undefined): string | undefined => marker.exec(url ?? "")?.[1];
const pathOf = (url: string | undefined): string => (url?.startsWith("file:") ? fileURLToPath(url) : "");

function mark(found: ResolveFnOutput, id: string): ResolveFnOutput {
  if (!found.url.startsWith("file:")) return found;
  return { ...found, url: `${found.url}${found.url.includes("?") ? "&" : "?"}mixdown=${id}` };
}

function follow(attempt: Attempt, path: string): void {
  attempt.last = path;
  attempt.files.set(path, fingerprint(path));
}

/** A file that is wanted and not there is followed, so that its appearing is a change. */
function following<T>(owner: Attempt, specifier: string, parent: string | undefined, resolve: () => T): T {
  try {
    return resolve();
  } catch (error) {
    if (!specifier.startsWith("#")) follow(owner, fileURLToPath(new URL(specifier, parent)));
    throw error;
  }
}

/** The code of the error for a file or package that is not there at all. */
export const ABSENT = "MIXDOWN_PLUGIN_ABSENT";

function findEntry(target: Target, resolve: (name: string, from: string) => ResolveFnOutput): ResolveFnOutput {
  const absent = () => Object.assign(new Error("there is no such plug-in"), { code: ABSENT });
  if (target.kind === "file") {
    if (!existsSync(target.path)) throw absent();
    // Node remembers where links led: Kubernetes moves them.
    return resolve(pathToFileURL(realpathSync(target.path)).href, import.meta.url);
  }
  for (const folder of target.from) {
    try {
      return resolve(target.name, pathToFileURL(`${folder}/`).href);
    } catch (error) {
      if (!isNotInstalled(error, target.name)) throw error;
    }
  }
  throw absent();
}

/** A package that is there but lacks the file it names is another matter. */
function isNotInstalled(error: unknown, name: string): boolean {
  const [installed] = /^(@[^/]+\/)?[^/]+/.exec(name) ?? [];
  return error instanceof Error && error.message.startsWith(`Cannot find package '${installed}'`);
}

/** Lets Node's own loader run CommonJS: what a hook hands over as CommonJS is run by another one, without `require` hooks in Node 22. */
const bridgeTo = (path: string): string => {
  const file = JSON.stringify(path);
  return `import { createRequire } from "node:module"; export default createRequire(${file})(${file});`;
};
