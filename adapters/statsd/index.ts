import type { LabelTuple, MetricInstance } from "../../schemas/model/instance.ts";
import { type Deliverable, defineAdapter } from "../adapter.ts";
import { parseAddress } from "./address.ts";
import { config, type StatsdConfig } from "./config.ts";
import { toDatagrams } from "./datagrams.ts";
import { toDefinitions } from "./definition.ts";
import { createLines, type Line, type Lines } from "./lines.ts";
import { type Sendable, sendAll } from "./sender.ts";
import { openStream } from "./stream.ts";
import { openUdp } from "./udp.ts";
import { validate } from "./validate.ts";
import type { Way } from "./way.ts";

/** Sends counters, gauges and timings to a StatsD server. */
export const statsd = defineAdapter<"metric", typeof config>({
  type: "statsd",
  summary: "Counters, gauges and timings for StatsD, DogStatsD and Telegraf.",
  accepts: ["metric"],
  config,
  ordered: true,
  validate,
  async open(settings, host) {
    const way = openWay(settings, host.now);
    const definitionOf = toDefinitions(settings, host.instances);
    const toLines = createLines(definitionOf, settings.format === "dogstatsd");
    const maxBytes = settings.protocol === "udp" ? settings.maxDatagramBytes : streamBytes;
    return {
      deliver: (batch, signal) => sendAll(way, toSendable(toLines(measured(batch)), maxBytes), signal),
      sizeOf(instance) {
        const { before, after } = definitionOf(instance.instance).nameOf(instance.labels as LabelTuple);
        return before.length + after.length + valueBytes;
      },
      close: async () => way.close(),
    };
  },
});

/** About the bytes of a line beside its name and its labels. */
const valueBytes = 24;

/** Written to a connection at once. */
const streamBytes = 65_536;

function openWay({ protocol, address }: StatsdConfig, now: () => number): Way {
  if (protocol === "unix") return openStream({ path: address });
  const target = parseAddress(address);
  if (target === undefined) throw new Error(`"${address}" is no host:port`);
  return protocol === "tcp" ? openStream(target) : openUdp(target, now);
}

/** Points come only to adapters that sum up. */
function measured(batch: readonly Deliverable<"metric">[]): readonly MetricInstance[] {
  return batch as readonly MetricInstance[];
}

function toSendable({ lines, refused }: Lines, maxBytes: number): Sendable {
  const { datagrams, tooLong } = toDatagrams(lines, maxBytes);
  const long = tooLong.flatMap(({ indexes }) => indexes);
  const reasons = [
    ...(refused.length > 0 ? [`${refused.length} values are no finite numbers`] : []),
    ...(long.length > 0 ? [longReason(tooLong, maxBytes)] : []),
  ];
  return { datagrams, rejected: [...refused, ...long].sort((a, b) => a - b), reason: reasons.join("; ") };
}

function longReason(lines: readonly Line[], maxBytes: number): string {
  return `${lines.length} lines are longer than the ${maxBytes} bytes of a datagram, beginning with ${lines[0]!.text.slice(0, 60)}`;
}
