import { z } from "zod";

const metric = z
  .strictObject({
    name: z.string().min(1).optional().describe("Name of the metric; by default the instance's."),
    kind: z
      .enum(["counter", "gauge", "timing", "histogram", "distribution"])
      .default("counter")
      .describe("What is made of the values: c, g, ms, h or d on the wire."),
    unit: z
      .string()
      .min(1)
      .optional()
      .describe("What durations are converted to, milliseconds by default; a timing is always in milliseconds."),
  })
  .describe("What one instance becomes.");

/** Settings of the StatsD adapter. */
export const config = z.strictObject({
  address: z
    .string()
    .min(1)
    .default("127.0.0.1:8125")
    .describe('Where to send to: "host:port", or the path of a socket with protocol: unix.'),
  protocol: z
    .enum(["udp", "tcp", "unix"])
    .default("udp")
    .describe("Datagrams, or lines over a connection, TCP or Unix (a stream socket)."),
  format: z
    .enum(["dogstatsd", "influxdb", "names"])
    .default("dogstatsd")
    .describe("How labels are sent: as tags of DogStatsD or of InfluxDB, or their values as parts of dotted names."),
  prefix: z.string().default("").describe("Put before every name, such as mesh. with its dot."),
  tags: z.record(z.string().min(1), z.string()).default({}).describe("Labels of every metric."),
  metrics: z
    .record(z.string(), metric)
    .default({})
    .describe("Metrics by instance. An instance without an entry becomes a counter of its name."),
  maxDatagramBytes: z
    .int()
    .min(64)
    .max(65_507)
    .default(1432)
    .describe("Most bytes of a datagram: 1432 fits any Ethernet, 8932 jumbo frames, 65507 loopback."),
});

/** Checked settings with the defaults filled in. */
export type StatsdConfig = z.output<typeof config>;
/** What is made of the values of an instance. */
export type Kind = z.output<typeof metric>["kind"];
