import type { Import } from "./imports.ts";

/** What files of a part may import: `any` for everything, `types` for imports that are gone when the program runs. */
interface Permission {
  readonly any?: readonly string[];
  readonly types?: readonly string[];
}

/** The parts that put stages together may import any of them. */
const composition: Permission = { any: ["collector/", "adapters/"] };

/** Settings are plain data that any stage may be typed by; schemas/ and the error table are everyone's. */
const everyone: Required<Permission> = {
  any: ["schemas/", "collector/errors.ts"],
  types: [
    "collector/config/schema.ts",
    "collector/config/stats-schema.ts",
    "collector/config/lane-schema.ts",
    "collector/config/checked-policy.ts",
  ],
};

/**
 * What each part may import of the project beside itself and what everyone may. A name ending in a slash is a folder.
 * The longest matching key counts.
 */
export const allowed: Readonly<Record<string, Permission>> = {
  "collector/main.ts": { any: ["collector/cli/"] },
  "collector/cli/": composition,
  "collector/lifecycle.ts": composition,
  "collector/listeners.ts": composition,
  "collector/pipeline.ts": composition,
  "collector/plan.ts": composition,
  "collector/plan-model.ts": composition,
  "collector/check-plan.ts": composition,
  "collector/intake-state.ts": composition,
  "collector/decision-records.ts": composition,
  "collector/traced-intake.ts": composition,
  "collector/call-records.ts": composition,
  "collector/reload.ts": composition,
  "collector/config/": { any: ["collector/expr/"], types: ["adapters/adapter.ts"] },
  "collector/plugins/": {
    any: ["collector/config/"],
    types: ["adapters/adapter.ts", "adapters/checker.ts", "adapters/limiter.ts"],
  },
  "collector/transport/": {},
  "collector/receivers/": { any: ["collector/decode/", "collector/transport/"] },
  "collector/decode/": {},
  "collector/normalize/": {},
  "collector/expr/": {},
  "collector/graph/": {},
  "collector/rules/": { any: ["collector/expr/"] },
  "collector/check/": {
    any: ["collector/expr/", "collector/config/rate.ts"],
    types: ["adapters/checker.ts", "adapters/limiter.ts"],
  },
  "collector/dispatch/": { types: ["adapters/adapter.ts", "adapters/checker.ts", "adapters/limiter.ts"] },
  "collector/stats/": { any: ["collector/expr/"] },
  // Counts what the stages report, so it implements their event types.
  "collector/telemetry/": { types: ["collector/", "adapters/adapter.ts"] },
  // Its metrics pages join the families of handlers.
  "collector/admin/": {
    any: ["collector/stats/", "collector/check/", "collector/transport/address.ts", "adapters/shared/metrics-page.ts"],
    types: ["adapters/adapter.ts", "collector/receivers/proxies.ts", "collector/receivers/proxy-statistics.ts"],
  },
  "collector/errors.ts": {},
  "adapters/adapter.ts": { types: ["adapters/checker.ts", "adapters/limiter.ts"] },
  "adapters/limiter.ts": { types: ["adapters/adapter.ts"] },
  "adapters/checker.ts": { types: ["adapters/adapter.ts"] },
  "adapters/inventory.ts": { any: ["adapters/"] },
  "adapters/plugin.ts": { any: ["adapters/"] },
  "adapters/testing.ts": { any: ["adapters/"] },
  "adapters/shared/": { any: ["adapters/adapter.ts"], types: ["adapters/checker.ts"] },
  "adapters/": { any: ["adapters/adapter.ts", "adapters/checker.ts", "adapters/limiter.ts", "adapters/shared/"] },
  "schemas/": {},
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
  const part = keyOf(from);
  if (part === undefined || isTest(from)) return undefined;
  if (part === "schemas/" && !to.startsWith("schemas/")) return `${from} imports ${to}: schemas import nothing else`;
  const { any = [], types = [] } = allowed[part] ?? {};
  const may = [...any, home(part, from), ...everyone.any];
  const mayTypes = [...may, ...types, ...everyone.types];
  const within = (places: readonly string[]) => places.some((place) => to.startsWith(place));
  if (within(may) || (typeOnly && within(mayTypes))) return undefined;
  if (within(mayTypes)) return `${from} imports ${to}: ${part} takes only types from there (import type)`;
  return `${from} imports ${to}: ${part} may import ${[...any, ...types, "schemas/"].join(", ")} only`;
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
  return /\.(test|bench|fixture)\.ts$/.test(file) || file.startsWith("test/");
}

/** Production code that reaches into tests, scripts or benchmarks, which no package holds. */
export function outward({ from, to, relative }: Import): string | undefined {
  const production = ["collector/", "adapters/", "schemas/"].some((folder) => from.startsWith(folder));
  if (relative && production && !isTest(from) && /^(test|scripts|bench|examples)\//.test(to))
    return `${from} imports ${to}: what is shipped imports no test, script or benchmark`;
}

/** The file that is `mixdown/adapter`. */
export const pluginEntry = "adapters/plugin.ts";

/** What built-in adapters take from a file that plug-ins cannot reach. Wire types are generated from published files: a plug-in makes its own. */
export function outOfReach(imports: readonly Import[]): string[] {
  const offered = new Set(imports.filter(({ from }) => from === pluginEntry).map(({ to }) => to));
  return imports
    .filter(({ from, to, relative }) => relative && isBuiltIn(from) && !to.startsWith(`${home("adapters/", from)}/`))
    .filter(({ to }) => !offered.has(to) && !to.startsWith("schemas/gen/"))
    .map(({ from, to }) => `${from} imports ${to}, which plug-ins cannot: re-export it in ${pluginEntry}`);
}

/** A file of one built-in adapter. */
function isBuiltIn(file: string): boolean {
  return /^adapters\/(?!shared\/|testing\/)[^/]+\//.test(file) && !isTest(file);
}

/** Files of the collector that the table does not know. */
export function homeless(files: readonly string[]): string[] {
  return files
    .filter((file) => file.startsWith("collector/") && !isTest(file) && keyOf(file) === undefined)
    .map((file) => `${file} belongs to no folder of STYLE's tree`);
}
