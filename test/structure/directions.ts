import type { Import } from "./imports.ts";

/** The parts of the collector that only put stages together; they may import any of them. */
const composition = ["collector/main.ts", "collector/cli/", "collector/lifecycle.ts", "collector/pipeline.ts"];

/**
 * What each stage may import of the project, beside itself, schemas/ and collector/errors.ts. A name ending in a slash
 * is a folder. The longest matching key counts.
 */
export const allowed: Readonly<Record<string, readonly string[]>> = {
  "collector/main.ts": ["collector/cli/"],
  "collector/cli/": ["collector/", "adapters/"],
  "collector/lifecycle.ts": ["collector/", "adapters/"],
  "collector/pipeline.ts": ["collector/", "adapters/adapter.ts"],
  "collector/config/": ["collector/expr/", "adapters/adapter.ts"],
  "collector/transport/": [],
  "collector/receivers/": ["collector/decode/", "collector/transport/"],
  "collector/decode/": [],
  "collector/normalize/": [],
  "collector/expr/": [],
  "collector/rules/": ["collector/expr/"],
  "collector/check/": ["collector/expr/"],
  "collector/dispatch/": ["adapters/adapter.ts"],
  "collector/stats/": [],
  "collector/telemetry/": [],
  "collector/admin/": ["collector/stats/", "collector/check/"],
  "collector/errors.ts": [],
  "adapters/adapter.ts": [],
  "adapters/inventory.ts": ["adapters/"],
  "adapters/shared/": [],
  "adapters/": ["adapters/adapter.ts", "adapters/shared/"],
  "schemas/": [],
};

/** Where generated wire types may be used. */
const wireTypes = ["collector/decode/", "collector/transport/", "adapters/", "test/", "bench/", "scripts/"];

/** The rule an import breaks, in a sentence that names file, target and rule; undefined if it breaks none. */
export function violation(found: Import): string | undefined {
  if (!found.relative) return undefined;
  return adapterRule(found) ?? wireRule(found) ?? stageRule(found);
}

function adapterRule({ from, to }: Import): string | undefined {
  if (from.startsWith("adapters/") && to.startsWith("collector/"))
    return `${from} imports ${to}: adapters never import collector/`;
}

function wireRule({ from, to }: Import): string | undefined {
  if (to.startsWith("schemas/gen/") && !isTest(from) && !wireTypes.some((place) => from.startsWith(place)))
    return `${from} imports ${to}: wire types stop at decode/, transport/ and the adapters that speak the protocol`;
}

function stageRule({ from, to, typeOnly }: Import): string | undefined {
  const stage = keyOf(from);
  if (stage === undefined || isTest(from)) return undefined;
  const may = [...(allowed[stage] ?? []), home(stage, from), "schemas/", "collector/errors.ts"];
  if (stage === "schemas/" && !to.startsWith("schemas/")) return `${from} imports ${to}: schemas import nothing else`;
  if (!may.some((place) => to.startsWith(place)))
    return `${from} imports ${to}: ${stage} may import ${may.slice(0, -3).concat("schemas/").join(", ")} only`;
  if (stage === "collector/dispatch/" && to === "adapters/adapter.ts" && !typeOnly)
    return `${from} imports ${to}: dispatch takes only types from there (import type)`;
}

/** A file's own folder: one adapter does not reach into another. */
function home(stage: string, from: string): string {
  return stage === "adapters/" ? from.split("/").slice(0, 2).join("/") : stage;
}

function keyOf(file: string): string | undefined {
  return Object.keys(allowed)
    .filter((key) => file.startsWith(key))
    .sort((a, b) => b.length - a.length)[0];
}

function isTest(file: string): boolean {
  return /\.(test|bench)\.ts$/.test(file) || file.startsWith("test/");
}

/** Production code that reaches into tests, scripts or benchmarks, which no package holds. */
export function outward({ from, to, relative }: Import): string | undefined {
  const production = ["collector/", "adapters/", "schemas/"].some((folder) => from.startsWith(folder));
  if (relative && production && !isTest(from) && /^(test|scripts|bench|examples)\//.test(to))
    return `${from} imports ${to}: what is shipped imports no test, script or benchmark`;
}

/** Files of the collector that belong to no stage and are not known to put stages together. */
export function homeless(files: readonly string[]): string[] {
  return files
    .filter((file) => file.startsWith("collector/") && !isTest(file) && keyOf(file) === undefined)
    .map((file) => `${file} belongs to no folder of STYLE's tree (composition: ${composition.join(", ")})`);
}
