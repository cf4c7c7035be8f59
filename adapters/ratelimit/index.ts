import { errorText } from "../../schemas/model/error-text.ts";
import type { ConfigProblem, Host } from "../adapter.ts";
import { defineLimits, type OpenLimiter } from "../limiter.ts";
import { followFiles } from "../shared/followed-files.ts";
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
  const { service } = statistics;
  const { files, mergeDomains, refresh: refreshMs } = settings;
  const followed = followFiles<readonly LimitFile[], Domains>(
    {
      ...{ what: "files of limits", refreshMs },
      read: () => readLimitFiles(files),
      parse: (texts) => readDomains(texts, mergeDomains),
      onTaken: () => void service.config_load_success++,
      onRefused: () => void service.config_load_error++,
    },
    log,
  );
  service.config_load_success++;
  const hide = await host.exposeMetrics(statistics);
  return {
    has: (domain) => followed.current().value.has(domain),
    answer: (request, store) => limiter.answer(followed.current().value, request, store),
    async close() {
      followed.close();
      await hide();
    },
  };
}
