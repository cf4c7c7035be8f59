import type { ExpositionFormat, MetricFamily, MetricsSource } from "../adapter.ts";
import { escapeLabelValue, formatHead } from "../shared/exposition.ts";

/** What is counted of one limit, by the names of envoyproxy/ratelimit. */
export interface LimitCounts {
  total_hits: number;
  over_limit: number;
  near_limit: number;
  over_limit_with_local_cache: number;
  within_limit: number;
  shadow_mode: number;
}

/** What is counted of the whole. */
export interface ServiceCounts {
  config_load_success: number;
  config_load_error: number;
  global_shadow_mode: number;
}

/** The statistics of one handler. */
export interface Statistics extends MetricsSource {
  readonly service: ServiceCounts;
  /** Those of a limit in a domain, with its path. */
  limit(domain: string, path: readonly string[]): LimitCounts;
}

/** Limits with statistics of their own; the rest share one. */
const MAX_LIMITS = 10_000;

const noCounts = (): LimitCounts => ({
  ...{ total_hits: 0, over_limit: 0, near_limit: 0 },
  ...{ over_limit_with_local_cache: 0, within_limit: 0, shadow_mode: 0 },
});

const meanings: Readonly<Record<keyof LimitCounts, string>> = {
  total_hits: "Hits.",
  over_limit: "Hits beyond the limit.",
  near_limit: "Hits within the limit but near it.",
  over_limit_with_local_cache: "Hits beyond the limit that were known to be so without asking the store.",
  within_limit: "Hits of requests within the limit.",
  shadow_mode: "Hits beyond a limit that is in shadow mode.",
};

interface Row {
  readonly domain: string;
  readonly path: readonly string[];
  readonly counts: LimitCounts;
}

/** Counts by limit, as metrics of this prefix; `overflowed` is called for each limit that has no room. */
export function createStatistics(handler: string, prefix: string, overflowed: () => void): Statistics {
  const rows = new Map<string, Row>();
  const service = { config_load_success: 0, config_load_error: 0, global_shadow_mode: 0 };

  const rowOf = (domain: string, path: readonly string[]): Row => {
    const name = JSON.stringify([domain, path]);
    const known = rows.get(name);
    if (known !== undefined) return known;
    if (rows.size >= MAX_LIMITS && path[0] !== "other") {
      overflowed();
      return rowOf(domain, ["other"]);
    }
    const row = { domain, path, counts: noCounts() };
    rows.set(name, row);
    return row;
  };

  const labelsOf = ({ domain, path }: Row): string => {
    const keys = path.map((key, i) => `,key${i + 1}="${escapeLabelValue(key)}"`).join("");
    return `handler="${escapeLabelValue(handler)}",domain="${escapeLabelValue(domain)}"${keys}`;
  };

  const ofLimits = (stat: keyof LimitCounts, format: ExpositionFormat): MetricFamily => {
    const family = { name: `${prefix}_rate_limit_${stat}`, type: "unknown", help: meanings[stat] } as const;
    return {
      ...{ name: family.name, type: family.type, head: formatHead(family, format) },
      *samples() {
        for (const row of rows.values()) yield `${family.name}{${labelsOf(row)}} ${row.counts[stat]}\n`;
      },
    };
  };

  const ofService = (stat: keyof ServiceCounts, format: ExpositionFormat): MetricFamily => {
    const family = { name: `${prefix}_${stat}`, type: "unknown", help: "Of the whole service." } as const;
    return {
      ...{ name: family.name, type: family.type, head: formatHead(family, format) },
      *samples() {
        yield `${family.name}{handler="${escapeLabelValue(handler)}"} ${service[stat]}\n`;
      },
    };
  };

  return {
    service,
    limit: (domain, path) => rowOf(domain, path).counts,
    families: (format) => [
      ...Object.keys(meanings).map((stat) => ofLimits(stat as keyof LimitCounts, format)),
      ...Object.keys(service).map((stat) => ofService(stat as keyof ServiceCounts, format)),
    ],
  };
}
