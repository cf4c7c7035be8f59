import { z } from "zod";
import type { Vocabulary } from "../../../schemas/attributes/vocabulary.ts";
import { valueTypes } from "../../../schemas/model/value.ts";
import type { ProxyTable } from "../../receivers/proxies.ts";
import { storedAttributes } from "../../stats/dimensions.ts";
import { defineRoute } from "./define-route.ts";
import { groupProxies, proxiesTable, type SeenProxies } from "./group-proxies.ts";
import { oneOf } from "./parameter.ts";
import type { ApiRoute } from "./route.ts";
import { formatTable } from "./text-table.ts";

/** The configuration that runs, as far as it may be shown. */
export interface ShownConfig {
  /** Files in the order of the command line. */
  readonly sources: readonly { readonly file: string; readonly sha256: string }[];
  /** Changes whenever a file does. */
  readonly revision: string;
  /** Milliseconds since the epoch. */
  readonly loadedMs: number;
  /** Defaults filled in, secrets masked. */
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * A handler, and what became of everything that came in: `records = filtered + those it was sent something of`, and
 * `received + recovered = delivered + dropped + deadLettered + pending`.
 */
export interface HandlerRow {
  readonly name: string;
  readonly adapter: string;
  readonly state: "open";
  /** What rules send to it. */
  readonly instances: readonly string[];
  /** Records that came in since the handler is there. */
  readonly records: number;
  /** Those of them of which it was sent nothing. */
  readonly filtered: number;
  /** Spans that rules selected and that have not been sent: they wait for the decision on their trace, or were left out, by what decided. */
  readonly sampling: { readonly waiting: number; readonly leftOut: Readonly<Record<string, number>> };
  /** Instances that rules sent, and those that had waited on disk. */
  readonly received: number;
  readonly recovered: number;
  /** What became of them. */
  readonly delivered: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly deadLettered: number;
  readonly pending: number;
  /** `oldestMs`: when the oldest pending instance came, in milliseconds since the epoch. */
  readonly queue: { readonly items: number; readonly bytes: number; readonly oldestMs: number | undefined };
  /** Batches on their way, and how many may be. */
  readonly underWay: number;
  readonly concurrency: number;
  readonly breaker: "closed" | "open" | "half_open";
  /** Batches that had to be sent again. */
  readonly retries: number;
  readonly lastError: { readonly atMs: number; readonly reason: string } | undefined;
  readonly lastDeliveredMs: number | undefined;
  /** Instances that went to an overflow series. */
  readonly overflow: number;
}

/** What the routes about the hub itself read, each time anew. */
export interface HubState {
  readonly proxies: SeenProxies & Pick<ProxyTable, "overflow">;
  vocabulary(): Vocabulary;
  config(): ShownConfig;
  handlers(): Promise<readonly HandlerRow[]>;
  /** Milliseconds since the epoch. */
  now(): number;
}

const count = z.int().nonnegative();
const time = z.string().describe("RFC 3339.");
const format = oneOf(["json", "table"]).prefault("json").describe("`table` gives text for a terminal.");

const proxiesAnswer = z.strictObject({
  proxies: z.array(
    z
      .strictObject({
        node: z.string().describe("Empty for streams that named no node."),
        cluster: z.string(),
        version: z.string().nullable(),
        logNames: z.array(z.string()),
        streams: count.describe("Open streams."),
        messages: count,
        entries: count.describe("Entries taken."),
        malformed: count.describe("Entries that could not be read."),
        entriesPerSecond: z.number().nonnegative().describe("Over the last minute."),
        firstSeen: time,
        lastSeen: time,
        clockSkewMs: z
          .number()
          .nullable()
          .describe("How far its clock is behind, the wait before sending included; below 0 if it is ahead."),
        logsWritten: count
          .nullable()
          .describe("Entries that it says it logged since the hub started; null unless it pushes its own statistics."),
        logsDropped: count.nullable().describe("Entries that it says it could not log, because its buffer was full."),
        missing: z
          .int()
          .nullable()
          .describe(
            "logsWritten less what arrived; below 0 until its next statistics come, above 0 while entries wait.",
          ),
      })
      .meta({ id: "Proxy", description: "A proxy that reports." }),
  ),
  overflow: count.describe("Streams of proxies that found no room in this list."),
});

const attributesAnswer = z.strictObject({
  attributes: z.array(
    z
      .strictObject({
        name: z.string(),
        type: z.enum(valueTypes),
        meaning: z.string(),
        stored: z.boolean().describe("Whether statistics keep it, so that `by` and `where` may name it."),
        otel: z.string().nullable().describe("Its name in OpenTelemetry's semantic conventions."),
      })
      .meta({ id: "Attribute", description: "A name of the vocabulary." }),
  ),
});

const configAnswer = z.strictObject({
  revision: z.string().describe("Changes whenever a file does."),
  loadedAt: time,
  sources: z.array(z.strictObject({ file: z.string(), sha256: z.string() })),
  config: z.record(z.string(), z.unknown()).describe("Defaults filled in, secrets masked."),
});

const handlersAnswer = z.strictObject({
  handlers: z.array(
    z
      .strictObject({
        name: z.string(),
        adapter: z.string(),
        state: z.literal("open"),
        instances: z.array(z.string()).describe("What rules send to it."),
        records: count.describe("Records that came in since the handler is there."),
        filtered: count.describe(
          "Those of them of which it was sent nothing: no rule applied, or sampling of log entries left them out.",
        ),
        sampling: z
          .strictObject({
            waiting: count.describe("They wait for the decision on their trace."),
            leftOut: z.record(z.string(), count).describe("By the rule or setting that decided."),
          })
          .describe("Spans that rules selected and that are not among those received."),
        received: count.describe("Instances that rules sent to it."),
        recovered: count.describe("Instances that had waited on disk when the hub started, or were replayed."),
        delivered: count.describe("Instances that the backend took."),
        dropped: z.record(z.string(), count).describe("Instances lost, by reason."),
        deadLettered: count.describe("Instances set aside since the backend will never take them."),
        pending: count.describe("Instances that wait or are on their way."),
        queue: z.strictObject({
          items: count,
          bytes: count.describe("In memory; what waits on disk is not counted."),
          oldest: time.nullable().describe("When the oldest pending instance came."),
          oldestAgeMs: count.nullable(),
        }),
        underWay: count.describe("Batches on their way to the backend."),
        concurrency: count.describe("Batches that may be on their way at once, for now."),
        breaker: z
          .enum(["closed", "open", "half_open"])
          .describe(
            "Whether batches are kept away from a backend that failed; half open: one tries whether it is back.",
          ),
        retries: count.describe("Batches that had to be sent again."),
        lastError: z.strictObject({ at: time, reason: z.string() }).nullable().describe("Why an attempt failed last."),
        lastDelivered: time.nullable().describe("When a batch was delivered last."),
        overflow: count.describe("Instances that went to an overflow series."),
      })
      .meta({ id: "Handler", description: "A configured adapter at work." }),
  ),
});

const byName = (a: { readonly name: string }, b: { readonly name: string }) =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : 0;

const toTime = (ms: number): string => new Date(ms).toISOString();

const orNull = (ms: number | undefined): string | null => (ms === undefined ? null : toTime(ms));

/** A handler as it is answered. */
function toHandler({ queue: { oldestMs, ...queue }, lastError, lastDeliveredMs, ...row }: HandlerRow, nowMs: number) {
  return {
    ...row,
    instances: [...row.instances],
    queue: {
      ...queue,
      oldest: orNull(oldestMs),
      oldestAgeMs: oldestMs === undefined ? null : Math.max(0, Math.round(nowMs - oldestMs)),
    },
    lastError: lastError === undefined ? null : { at: toTime(lastError.atMs), reason: lastError.reason },
    lastDelivered: orNull(lastDeliveredMs),
  };
}

/** The routes about the hub itself. */
export function hubRoutes({ proxies, vocabulary, config, handlers, now }: HubState): readonly ApiRoute[] {
  return [
    defineRoute({
      path: "/proxies",
      summary: "Proxies that report, and how much.",
      query: { format },
      answer: proxiesAnswer,
      read: () => ({ proxies: groupProxies(proxies), overflow: proxies.overflow }),
      table: ({ proxies }) => proxiesTable(proxies),
    }),
    defineRoute({
      path: "/attributes",
      summary: "The vocabulary: what rules may read, and what statistics keep.",
      query: { format },
      answer: attributesAnswer,
      read: () => ({
        attributes: vocabulary()
          .attributes.map(({ name, type, meaning, otel = null }) => {
            return { name, type, meaning, stored: storedAttributes.includes(name), otel };
          })
          .sort(byName),
      }),
      table: ({ attributes }) =>
        formatTable(
          ["attribute", "type", "stored", "meaning"].map((head) => ({ head, alignRight: false })),
          attributes.map(({ name, type, stored, meaning }) => [name, type, stored ? "yes" : "no", meaning]),
        ),
    }),
    defineRoute({
      path: "/config",
      summary: "The configuration that runs, and the files it came from.",
      query: {},
      answer: configAnswer,
      read: () => {
        const { loadedMs, sources, ...shown } = config();
        return { ...shown, sources: [...sources], loadedAt: toTime(loadedMs) };
      },
    }),
    defineRoute({
      path: "/handlers",
      summary: "Configured adapters at work, and what they lost.",
      query: { format },
      answer: handlersAnswer,
      read: async () => ({ handlers: [...(await handlers())].sort(byName).map((row) => toHandler(row, now())) }),
      table: ({ handlers }) =>
        formatTable(
          ["handler", "adapter", "pending", "delivered", "dropped", "dead", "breaker", "last error"].map(
            (head, place) => ({
              head,
              alignRight: place >= 2 && place <= 5,
            }),
          ),
          handlers.map(({ name, adapter, pending, delivered, dropped, deadLettered, breaker, lastError }) => [
            ...[name, adapter, String(pending), String(delivered)],
            String(Object.values(dropped).reduce((sum, lost) => sum + lost, 0)),
            ...[String(deadLettered), breaker, lastError?.reason ?? ""],
          ]),
        ),
    }),
  ];
}
