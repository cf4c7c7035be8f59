import type { Adapter } from "../../adapters/adapter.ts";
import type { NamedAdapter } from "../config/named-adapters.ts";
import type { FindPlugin, PluginOutcome } from "../config/plugin-outcome.ts";
import { checkDeclaration } from "./check-declaration.ts";
import { type Fingerprints, isCurrent } from "./fingerprint.ts";
import { guardAdapter } from "./guard-adapter.ts";
import { codeOf, loadFault } from "./load-fault.ts";
import { ABSENT, createPluginImporter, type PluginImport } from "./module-hooks.ts";
import { type Target, toTarget } from "./target.ts";

/** What a loader goes by. */
export interface PluginLoaderOptions {
  /** Names that are taken by what is built in. */
  readonly builtIn: readonly string[];
  readonly cwd: string;
  /** A plug-in that is not there after this long is given up. */
  readonly deadlineMs?: number;
}

/** Loads the plug-ins that configurations name, and loads them anew once their files have changed. */
export interface PluginLoader {
  /** The same adapter object as before for a plug-in whose files have not changed. Never rejects. */
  load(named: readonly NamedAdapter[]): Promise<FindPlugin>;
  /** The files of every plug-in that was asked for so far, those of failed attempts too. */
  files(): readonly string[];
  /** Lets go of the module loader. */
  close(): void;
}

interface Known {
  good?: { readonly adapter: Adapter; readonly files: Fingerprints };
  /** Files of the last attempt, whatever became of it. */
  tried: Fingerprints;
}

const DEADLINE_MS = 10_000;

/** A loader without plug-ins. */
export function createPluginLoader({ builtIn, cwd, deadlineMs = DEADLINE_MS }: PluginLoaderOptions): PluginLoader {
  const known = new Map<string, Known>();
  let importer: ReturnType<typeof createPluginImporter> | undefined;

  async function outcomeOf(name: string, target: Target): Promise<PluginOutcome | undefined> {
    const key = keyOf(target);
    const before = known.get(key);
    if (before?.good !== undefined && isCurrent(before.good.files)) return { ok: true, adapter: before.good.adapter };
    importer ??= createPluginImporter();
    const started = importer.import(
      target,
      [...(before?.good?.files ?? []), ...(before?.tried ?? [])].map(([path]) => path),
    );
    known.set(key, { ...before, tried: started.files });
    const outcome = await finish(name, target, started, deadlineMs);
    if (outcome?.ok) known.set(key, { good: { adapter: outcome.adapter, files: started.files }, tried: started.files });
    return outcome;
  }

  return {
    async load(named) {
      const targets = new Map<string, { readonly name: string; readonly target: Target }>();
      const find = (entry: NamedAdapter) => (builtIn.includes(entry.name) ? undefined : toTarget(entry, cwd));
      for (const entry of named) {
        const target = find(entry);
        if (target !== undefined) targets.set(keyOf(target), { name: entry.name, target });
      }
      const outcomes = new Map(
        await Promise.all(
          [...targets].map(async ([key, { name, target }]) => [key, await outcomeOf(name, target)] as const),
        ),
      );
      return (name, file) => {
        const target = find({ name, file });
        return target && outcomes.get(keyOf(target));
      };
    },
    files: () => [
      ...new Set([...known.values()].flatMap(({ good, tried }) => [...(good?.files.keys() ?? []), ...tried.keys()])),
    ],
    close: () => importer?.close(),
  };
}

const keyOf = (target: Target): string =>
  target.kind === "file" ? target.path : [target.name, ...target.from].join("\n");

async function finish(
  name: string,
  target: Target,
  started: PluginImport,
  deadlineMs: number,
): Promise<PluginOutcome | undefined> {
  try {
    const declared = checkDeclaration(await within(deadlineMs, started.module), name);
    return Array.isArray(declared) ? { ok: false, faults: declared } : { ok: true, adapter: guardAdapter(declared) };
  } catch (error) {
    if (codeOf(error) === ABSENT && target.kind === "package") return undefined;
    return { ok: false, faults: [await loadFault(error, { ...started, name, target })] };
  }
}

function within<T>(deadlineMs: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = () =>
      reject(new Error(`it is not loaded after ${deadlineMs / 1000} s: does it wait for something at its top level?`));
    const timer = setTimeout(late, deadlineMs);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
