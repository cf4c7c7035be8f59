import { readFileSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { inventory as builtInAdapters } from "../../adapters/inventory.ts";
import { errorText } from "../../schemas/model/error-text.ts";
import { defaultConfigFiles } from "../config/defaults.ts";
import type { Loaded } from "../config/load.ts";
import { formatProblem } from "../config/problem.ts";
import { watchConfig } from "../config/watch.ts";
import { errorTable, HubError } from "../errors.ts";
import { compile } from "../expr/compile.ts";
import { openHub } from "../lifecycle.ts";
import { loadConfigWithPlugins } from "../plugins/load-config.ts";
import { createPluginLoader, type PluginLoader } from "../plugins/loader.ts";
import { watchStrayFaults } from "../plugins/stray-faults.ts";
import { createReloader } from "../reload.ts";
import { createLog, createLogLimiter, type Log } from "../telemetry/log.ts";
import type { Command, CommandIo } from "./command.ts";
import { parseArguments } from "./parse-arguments.ts";
import { stopSignal } from "./stop-signal.ts";

const DRAIN_MS = 30_000;

/** Runs the hub until it is told to stop. */
export const serveCommand: Command = {
  name: "serve",
  summary: "Runs the hub.",
  help: `Usage: mixdown serve [--config FILE]... [--data-dir DIR]

Runs the hub until SIGTERM or SIGINT: then it stops taking, drains for up to 30 s
and exits with 0. A second signal exits at once.

  --config FILE     Configuration; repeat it to merge several files in order.
                    Without it, the built-in default is used, which sends spans to
                    OTEL_EXPORTER_OTLP_ENDPOINT, if that is set.
  --data-dir DIR    Where the hub keeps its data (default: ./data).

Changed files are picked up live, those of plug-ins too, and on SIGHUP. The log goes to
standard error, one JSON object a line; MIXDOWN_LOG_LEVEL sets how much (trace ... fatal).

Examples:
  mixdown serve
  mixdown serve --config mesh.yaml --config local.yaml --data-dir /var/lib/mixdown
`,
  async run(argv, io) {
    const { values } = parseArguments(argv, {
      verb: "serve",
      options: { config: { type: "string", multiple: true }, "data-dir": { type: "string" } },
    });
    const files = values.config ?? defaultConfigFiles(io.env);
    return serve(files, values["data-dir"] ?? "data", io);
  },
};

async function serve(files: readonly string[], dataDir: string, io: CommandIo): Promise<number> {
  const plugins = createPluginLoader({ builtIn: builtInAdapters.map(({ type }) => type), cwd: process.cwd() });
  const readFile = (path: string) => readFileSync(path, "utf8");
  const load = () =>
    loadConfigWithPlugins(files, { env: io.env, adapters: builtInAdapters, compile, readFile }, plugins);
  const log = createLog(io.env.MIXDOWN_LOG_LEVEL);
  tellStrayFaults(plugins, log);
  const loaded = await load();
  if (!loaded.ok) return refuse(loaded, io);
  const stopped = stopSignal(process, () => process.exit(0));
  for (const warning of loaded.warnings)
    log.warn({ problem: formatProblem(warning) }, "the configuration has something that is probably not meant");

  try {
    const hub = await openHub({ checked: loaded.checked, dataDir, log, now: Date.now });
    const reloader = createReloader({ hub, load, first: loaded, log });
    const reload = async (cause: string) => {
      await reloader.reload(cause);
      watch.follow();
    };
    const watch = watchConfig(
      () => [...files, ...plugins.files()],
      () => reload("file"),
      log,
    );
    process.on("SIGHUP", () => reload("SIGHUP"));
    log.info({ listeners: hub.listeners }, "ready");
    flushCompileCache();
    const signal = await stopped;
    log.info({ signal }, "stopping");
    watch.close();
    await hub.close(DRAIN_MS);
    log.info({}, "stopped");
    return 0;
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    log.fatal({ code: error.code }, error.message);
    return errorTable[error.code].exit;
  }
}

/** An error that nothing caught ends the hub, unless it is a plug-in's. */
function tellStrayFaults(plugins: PluginLoader, log: Log): void {
  const limited = createLogLimiter(10_000, Date.now);
  watchStrayFaults(process, {
    files: plugins.files,
    onPluginFault: (error) =>
      limited("plugin", (suppressed) =>
        log.error({ err: toError(error), suppressed }, "a plug-in let go of an error that nothing caught"),
      ),
    onHubFault(error) {
      log.fatal({ err: toError(error) }, "a bug: an error that nothing caught ends the hub");
      process.exit(70);
    },
  });
}

const toError = (error: unknown): Error => (error instanceof Error ? error : new Error(errorText(error)));

function refuse({ problems }: Extract<Loaded, { ok: false }>, io: CommandIo): number {
  for (const problem of problems) io.stderr.write(`${formatProblem(problem)}\n`);
  return errorTable.CONFIG_INVALID.exit;
}
