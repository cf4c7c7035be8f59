import { z } from "zod";
import { parseDuration } from "../../schemas/model/time-text.ts";
import { tlsSettings } from "../shared/tls-settings.ts";

const milliseconds = (text: string): number => Number(parseDuration(text) ?? 0n) / 1e6;

const address = z.string().regex(/^(\[[^\]]+\]|[^\s:]+):\d{1,5}$/, 'expected "host:port"');

const duration = (fallback: string, least: number) =>
  z
    .string()
    .refine((text) => milliseconds(text) >= least, `expected a duration from ${least}ms on`)
    .transform(milliseconds)
    .prefault(fallback);

/** Settings of the redis adapter. */
export const config = z
  .strictObject({
    address: address.optional().describe('A single Redis, as "host:port".'),
    sentinel: z
      .strictObject({
        master: z.string().min(1).describe("Name of the master that the sentinels watch."),
        addresses: z.array(address).min(1).describe('Sentinels, each as "host:port".'),
        password: z.string().min(1).optional().describe("Password of the sentinels.").meta({ secret: true }),
      })
      .optional()
      .describe("A master that sentinels name."),
    cluster: z.array(address).min(1).optional().describe('Nodes of a cluster to ask first, each as "host:port".'),
    username: z.string().min(1).optional().describe("User of Redis's access lists."),
    password: z.string().min(1).optional().describe("Password.").meta({ secret: true }),
    database: z.int().min(0).default(0).describe("Number of the database; a cluster has only 0."),
    tls: tlsSettings.optional(),
    keyPrefix: z.string().default("mixdown:").describe("Stands before every key of limits in rules."),
    timeout: duration("40ms", 1).describe("How long Redis may take for an answer."),
    lease: duration("100ms", 10).describe("How long what was taken ahead may be given away."),
    leaseShare: z
      .number()
      .min(0)
      .max(1)
      .default(0.05)
      .describe("Share of a budget that one hub takes ahead where it is in demand; 0 asks Redis each time."),
    whenDown: z
      .enum(["error", "local"])
      .default("error")
      .describe("Without Redis: the rule's onError, or budgets of this hub alone."),
    localShare: z
      .number()
      .positive()
      .max(1)
      .default(1)
      .describe("Share of a budget that this hub gives away without Redis, with whenDown: local."),
  })
  .refine(
    ({ address: single, sentinel, cluster }) => [single, sentinel, cluster].filter(Boolean).length === 1,
    "expected one of address, sentinel and cluster",
  );

/** Checked settings of the redis adapter. */
export type RedisConfig = z.output<typeof config>;
