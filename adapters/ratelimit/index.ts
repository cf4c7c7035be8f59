import { errorText } from "../../schemas/model/error-text.ts";
import type { ConfigProblem, Host } from "../adapter.ts";
import { defineLimits, type OpenLimiter } from "../limiter.ts";
import { config, type RatelimitConfig } from "./config.ts";
import { readLimitFiles } from "./files.ts";
import { type Domains, type LimitFile, readDomains } from "./limit-tree.ts";
import { createLimiter } from "./limiter.ts";
import { createStatistics } from "./statistics.ts";

/** Answers rate limit requests by files in the form of envoyproxy/ratelimit. */
export const ratelimit = defineLimits({
  type: "ratelimit",
  summary: "Answers rate limit requests by the configuration files of envoyproxy/ratelimit.",
  config,
  validate,
  rateLimits: { store: ({ store }) => store, open },
});

function validate({ files, mergeDomains }: RatelimitConfig): ConfigProblem[] {
  try {
    readDomains(readLimitFiles(files), mergeDomains);
    return [];
  } catch (error) {
    return [{ path: ["files"], message: errorText(error) }];
  }
}

async function open(settings: RatelimitConfig, host: Host): Promise<OpenLimiter> {
  const { handler, log } = host;
  const statistics = createStatistics(handler, settings.metricPrefix, () =>
    host.count("overflow", { reason: "limits" }, 1),
  );
  const limiter = createLimiter({ config: settings, statistics, now: host.now });
  let loaded = load(settings);
  statistics.service.config_load_success++;
  let refused = "";

  /** Takes changed files; bad ones are said once, and change nothing. */
  const look = () => {
    try {
      const next = load(settings, loaded);
      if (next !== loaded) {
        statistics.service.config_load_success++;
        log.info({ domains: [...next.domains.keys()] }, "the files of limits have changed");
      }
      loaded = next;
      refused = "";
    } catch (error) {
      const problem = errorText(error);
      if (problem === refused) return;
      refused = problem;
      statistics.service.config_load_error++;
      log.error({ problem }, "the changed files of limits are refused; the former ones stay");
    }
  };

  const timer = setInterval(look, settings.refresh).unref();
  const hide = await host.exposeMetrics(statistics);
  return {
    has: (domain) => loaded.domains.has(domain),
    answer: (request, store) => limiter.answer(loaded.domains, request, store),
    async close() {
      clearInterval(timer);
      await hide();
    },
  };
}

/** Limits, and the files that they were read from. */
interface Loaded {
  readonly files: readonly LimitFile[];
  readonly domains: Domains;
}

/** What the files say; the same as before if they are the same. */
function load({ files: paths, mergeDomains }: RatelimitConfig, before?: Loaded): Loaded {
  const files = readLimitFiles(paths);
  if (before !== undefined && isSame(files, before.files)) return before;
  return { files, domains: readDomains(files, mergeDomains) };
}

function isSame(files: readonly LimitFile[], before: readonly LimitFile[]): boolean {
  if (files.length !== before.length) return false;
  return files.every(({ name, content }, i) => name === before[i]?.name && content === before[i]?.content);
}
