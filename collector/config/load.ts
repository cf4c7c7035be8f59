import { createHash } from "node:crypto";
import type { Adapter } from "../../adapters/adapter.ts";
import { builtInNames, withBuiltIns } from "./built-in-instances.ts";
import { checkEnrich, checkRoutes } from "./check-enrich.ts";
import { type Compile, createExpressionReader } from "./check-expressions.ts";
import { checkHandlers } from "./check-handlers.ts";
import { checkInstances } from "./check-instances.ts";
import { checkListeners, type ReadFile, reasonOf, resolveTlsPath, tlsFiles } from "./check-listeners.ts";
import { checkLoops } from "./check-loops.ts";
import { checkQuestions } from "./check-questions.ts";
import { checkRules, type NamedAction, type NamedCheck } from "./check-rules.ts";
import { checkSyslog } from "./check-syslog.ts";
import { carrierOf, checkTracing } from "./check-tracing.ts";
import { defineVocabulary } from "./check-vocabulary.ts";
import type { CheckedConfig, CheckedHandler, CheckedInstance, ReadHandler } from "./checked.ts";
import { defaultListeners } from "./defaults.ts";
import type { Environment } from "./environment.ts";
import { toLaneConfig } from "./lane-schema.ts";
import { type FileTree, mergeFiles, sectionOf, toDefaultTree } from "./merge.ts";
import { type ParseFile, parseYaml } from "./parse-yaml.ts";
import type { FindPlugin } from "./plugin-outcome.ts";
import type { Finding, Place, Problem } from "./problem.ts";
import { toProblems } from "./problem.ts";
import { configSchema, type HubConfig } from "./schema.ts";
import { readShape } from "./shape.ts";
import { showConfig } from "./show-config.ts";
import { child, entriesOf, itemsOf, type MapTree, type Tree, textOf } from "./tree.ts";

/** What a configuration is checked against. */
export interface LoadOptions {
  readonly env: Environment;
  /** What is built in. */
  readonly adapters: readonly Adapter[];
  /** What is not; without it, nothing else is there. */
  readonly findPlugin?: FindPlugin;
  readonly compile: Compile;
  readonly readFile: ReadFile;
  /** Where parsing is not done here and now. */
  readonly parse?: ParseFile;
}

/** A file that a configuration came from. */
export interface ConfigSource {
  readonly file: string;
  /** SHA-256 of its text, hexadecimal. */
  readonly sha256: string;
}

/** A checked configuration, or everything that is wrong with it. */
export type Loaded =
  | {
      readonly ok: true;
      readonly checked: CheckedConfig;
      readonly config: HubConfig;
      readonly sources: readonly ConfigSource[];
      /** What is no error but probably not meant. */
      readonly warnings: readonly Problem[];
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Reads configuration files, puts environment variables in, merges them in order, and checks everything at once: no
 * problem hides another. Never throws, whatever the files hold. Listeners that no file mentions keep their defaults.
 */
export function loadConfig(files: readonly string[], options: LoadOptions): Loaded {
  const findings: Finding[] = [];
  const texts = readTexts(files, options, findings);
  const secrets = new Map(texts.flatMap(({ secrets }) => [...secrets]));
  const result = check(texts, texts.length < files.length, options, findings);
  const told = (list: readonly Finding[]) => toProblems(list, files).map((problem) => hideSecrets(problem, secrets));
  if (result === undefined) return { ok: false, problems: told(findings) };
  return {
    ok: true,
    ...result,
    sources: texts.map(({ file, sha256 }) => ({ file, sha256 })),
    warnings: told(result.warnings),
  };
}

interface ReadText extends ConfigSource, Partial<FileTree> {
  readonly file: string;
  readonly brokenFrom: Place | undefined;
  readonly secrets: ReadonlyMap<string, string>;
}

function readTexts(
  files: readonly string[],
  { env, readFile, parse = parseYaml }: LoadOptions,
  findings: Finding[],
): ReadText[] {
  return files.flatMap((file): ReadText[] => {
    const at = { file, line: 1, column: 1 };
    try {
      const text = readFile(file);
      const { tree, problems, brokenFrom, secrets } = parse(file, text, env);
      findings.push(...problems.map((problem) => ({ ...problem, path: [] })));
      const sha256 = createHash("sha256").update(text).digest("hex");
      return [{ file, sha256, brokenFrom, secrets, ...(tree === undefined ? {} : { tree }) }];
    } catch (error) {
      findings.push({ at, path: [], message: `the file cannot be read: ${reasonOf(error)}` });
      return [];
    }
  });
}

interface Result {
  readonly checked: CheckedConfig;
  readonly config: HubConfig;
  readonly warnings: readonly Finding[];
}

function check(
  texts: readonly ReadText[],
  unread: boolean,
  options: LoadOptions,
  findings: Finding[],
): Result | undefined {
  const complete = !unread && texts.every(({ brokenFrom, tree }) => brokenFrom === undefined && tree !== undefined);
  const report = (finding: Finding) => {
    if (isTrusted(finding.at, texts)) findings.push(finding);
  };
  const trees = texts.flatMap(({ file, tree }) => (tree === undefined ? [] : [{ file, tree }]));
  const merged = mergeFiles(trees, configSchema.shape, toDefaultTree(defaultListeners(options.env)), report);
  const section = (name: keyof HubConfig) => sectionOf(merged, name);

  const plain = readShape(merged, configSchema, [], report);
  const vocabulary = defineVocabulary(section("vocabulary"), report);
  const expressions = createExpressionReader(options.compile, vocabulary, report);
  const ruleTrees = itemsOf(child(merged, "rules"));
  const declared = section("instances");
  const instances = checkInstances(withBuiltIns(declared, ruleTrees), expressions, report);
  const questions = checkQuestions(declared, expressions);
  const instanceNames = new Set([...keysOf(declared), ...builtInNames]);
  const names = { handlers: keysOf(section("handlers")), instances: instanceNames, complete };
  const { rules, actions, policy, asked } = checkRules(ruleTrees, names, expressions, report);
  const handlers = checkHandlers(
    section("handlers"),
    {
      ...{ adapters: options.adapters, findPlugin: options.findPlugin, expressions, complete },
      ...{ instances, questions, actions, asked, carrier: carrierOf(child(merged, "tracing")) },
    },
    report,
  );
  checkListeners(section("listeners"), options.readFile, report);
  checkLoops(section("handlers"), handlers, section("listeners"), report);
  checkTracing(child(merged, "tracing"), { handlers: section("handlers"), checked: handlers, complete }, report);
  checkSyslog(section("listeners"), vocabulary.vocabulary, report);
  checkEnrich(child(merged, "enrich"), vocabulary.vocabulary, report);
  checkRoutes(child(merged, "routes"), report);
  if (findings.length > 0) return undefined;

  const config = finish(configSchema.parse(plain), merged);
  const whole = new Map(
    [...instances].flatMap(([name, { checked }]): [string, CheckedInstance][] =>
      checked === undefined ? [] : [[name, checked]],
    ),
  );
  const sources = texts.map(({ file, sha256 }) => ({ file, sha256 }));
  const shown = showConfig(config, merged, handlers, sources);
  return {
    config,
    checked: {
      config,
      vocabulary: vocabulary.vocabulary,
      handlers: withLanes(handlers, config),
      instances: whole,
      questions,
      rules,
      policy,
      shown,
    },
    warnings: unused(merged, actions, asked, handlers),
  };
}

function withLanes(handlers: ReadonlyMap<string, ReadHandler>, config: HubConfig): ReadonlyMap<string, CheckedHandler> {
  return new Map(
    [...handlers].map(([name, handler]) => {
      const { adapter: _, params: __, ...lane } = config.handlers[name] as HubConfig["handlers"][string];
      return [name, { ...handler, lane: toLaneConfig(lane) }];
    }),
  );
}

const keysOf = (entries: readonly { readonly key: string }[]) => new Set(entries.map(({ key }) => key));

/** What stands behind the first fault in a file's syntax may have been read otherwise than it was meant. */
function isTrusted({ file, line, column }: Place, texts: readonly ReadText[]): boolean {
  const broken = texts.find((text) => text.file === file)?.brokenFrom;
  return broken === undefined || line < broken.line || (line === broken.line && column < broken.column);
}

/** Fills in what the schema cannot: what listeners serve, and TLS files below the folder of the file that names them. */
function finish(config: HubConfig, merged: MapTree): HubConfig {
  const listeners = Object.entries(config.listeners).map(
    ([name, listener]): [string, HubConfig["listeners"][string]] => {
      if (listener === null) return [name, null];
      const service = (["grpc", "http", "admin", "syslog"] as const).find((known) => known === name);
      const serves = listener.serves ?? (service === undefined ? undefined : [service]);
      const tls = listener.tls && {
        ...listener.tls,
        ...tlsPaths(child(child(child(merged, "listeners"), name), "tls")),
      };
      return [name, { ...listener, ...(serves && { serves }), ...(tls && { tls }) }];
    },
  );
  return { ...config, listeners: Object.fromEntries(listeners) };
}

function tlsPaths(tls: Tree | undefined): Record<string, string> {
  const named = entriesOf(tls).filter(({ key }) => Object.hasOwn(tlsFiles, key));
  return Object.fromEntries(named.map(({ key, value }) => [key, resolveTlsPath(value, textOf(value) ?? "")]));
}

function unused(
  merged: MapTree,
  actions: readonly NamedAction[],
  asked: readonly NamedCheck[],
  checked: ReadonlyMap<string, ReadHandler>,
): Finding[] {
  // Those that answer rate limit requests need no rule, nor does where they count.
  const limiters = [...checked.values()].flatMap(({ name, adapter, params }) =>
    adapter.rateLimits === undefined ? [] : [name, adapter.rateLimits.store(params)],
  );
  const tracing = carrierOf(child(merged, "tracing"));
  const handlers = new Set([...[...actions, ...asked].map(({ handler }) => handler?.name), ...limiters, tracing]);
  const instances = new Set([
    ...actions.flatMap((action) => action.instances.map(({ name }) => name)),
    ...asked.map(({ instance }) => instance?.name),
  ]);
  const of = (section: "handlers" | "instances", used: ReadonlySet<string | undefined>, what: string) =>
    sectionOf(merged, section)
      .filter(({ key }) => !used.has(key))
      .map(({ key, keyAt }): Finding => ({ at: keyAt, path: [section, key], message: `no rule ${what} "${key}"` }));
  return [...of("handlers", handlers, "sends anything to handler"), ...of("instances", instances, "uses instance")];
}

/** Shorter values are too common to be replaced wherever they occur. */
const MIN_SECRET = 4;

/** Values from the environment are shown as the reference that brought them in. */
function hideSecrets(problem: Problem, secrets: ReadonlyMap<string, string>): Problem {
  let { path, message, expected, suggestion } = problem;
  for (const [secret, shown] of secrets) {
    if (secret.length < MIN_SECRET) continue;
    path = path.replaceAll(secret, shown);
    message = message.replaceAll(secret, shown);
    expected = expected?.replaceAll(secret, shown);
    suggestion = suggestion?.replaceAll(secret, shown);
  }
  return {
    ...problem,
    path,
    message,
    ...(expected === undefined ? {} : { expected }),
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}
