import { z } from "zod";
import { valueTypes } from "../../schemas/model/value.ts";
import { decisionsConfig } from "./decisions-schema.ts";
import { graphConfig } from "./graph-schema.ts";
import { instance } from "./instance-schema.ts";
import { laneSettings } from "./lane-schema.ts";
import { policySettings, ruleKinds } from "./policy-schema.ts";
import { statsConfig } from "./stats-schema.ts";

const expression = z.string().describe("An expression over attributes.");
const tls = z
  .strictObject({
    cert: z.string().describe("PEM file with the certificate chain."),
    key: z.string().describe("PEM file with the private key."),
    clientCa: z.string().optional().describe("PEM file with the roots that client certificates must chain to."),
    requireClientCert: z.boolean().default(false).describe("Refuse clients without a certificate."),
    spiffe: z
      .array(z.string().min(1))
      .optional()
      .describe("SPIFFE ids (spiffe://domain/path) or trust domains of the clients that may connect."),
  })
  .describe("TLS of a listener; the files are read again when they change.");

const limits = z
  .strictObject({
    maxConnections: z.int().positive().default(4096).describe("Connections at once; more are refused."),
    maxStreams: z.int().positive().default(1000).describe("Streams at once on one connection."),
    maxMessageBytes: z.int().positive().default(16_777_216).describe("Largest message, compressed or not."),
    maxHeaderBytes: z.int().positive().default(16_384).describe("Largest header list of a request."),
    idleTimeoutMs: z
      .int()
      .nonnegative()
      .default(0)
      .describe("Close a connection without streams after this long; 0 never."),
    maxConnectionAgeMs: z
      .int()
      .nonnegative()
      .default(1_800_000)
      .describe("End streams and close a connection after this long, give or take 10 %; 0 never."),
    maxConnectionAgeGraceMs: z
      .int()
      .nonnegative()
      .default(5_000)
      .describe("How long streams may take to end at the maximum age."),
    keepaliveIntervalMs: z.int().nonnegative().default(60_000).describe("Ping a quiet connection this often; 0 never."),
    keepaliveTimeoutMs: z.int().positive().default(20_000).describe("Close a connection whose ping is not answered."),
    handshakeTimeoutMs: z
      .int()
      .positive()
      .default(10_000)
      .describe("How long TLS and the HTTP/2 preface may take on a new connection."),
    messageTimeoutMs: z
      .int()
      .positive()
      .default(60_000)
      .describe("How long one message may take to arrive; also how long a unary call may wait with its message."),
    sendTimeoutMs: z.int().positive().default(60_000).describe("End a call whose answers nobody reads for this long."),
    maxCalls: z.int().positive().default(65_536).describe("Calls at once on all connections of the listener."),
    maxBufferedBytes: z
      .int()
      .positive()
      .default(268_435_456)
      .describe("Memory for messages that have not arrived whole, over all connections of the listener."),
    maxHeaders: z.int().positive().default(128).describe("Most headers of a request."),
  })
  .describe("Limits of a listener.");

const logField = z
  .union([
    z.string(),
    z.strictObject({
      attribute: z.string().describe("Name of the attribute."),
      unit: z
        .enum(["s", "ms", "us", "ns"])
        .optional()
        .describe("What one of a plain number is: of a duration, or of a time since 1970."),
      pick: z.enum(["first", "last"]).optional().describe("Which one counts of several parted by commas."),
    }),
  ])
  .describe("Name of an attribute, or that and how its value is written.");

const syslog = z
  .strictObject({
    transport: z.enum(["udp", "tcp"]).default("udp").describe("UDP, or TCP with octet counts or lines, as they come."),
    maxMessageBytes: z
      .int()
      .positive()
      .max(1_048_576)
      .default(65_536)
      .describe("Largest message; longer ones are dropped and counted."),
    fields: z
      .record(z.string().min(1), logField)
      .optional()
      .describe(
        "Attributes by member of the JSON, with dots for members of members. By default those of docs/syslog.md.",
      ),
  })
  .describe("How log lines of proxies are taken: JSON in the message of RFC 5424 or RFC 3164.");

/** The hub's own paths are beneath /v1/, /api/ and /metrics. */
const path = z
  .string()
  .regex(
    /^\/(?!v1(\/|$)|api(\/|$)|metrics$)[^?#*:]*[^/?#*:]$/,
    'expected a path that is not the hub\'s own, such as "/ext_authz"',
  );

const checkPaths = z
  .strictObject({
    extAuthz: z
      .array(path)
      .default(["/ext_authz", "/check"])
      .describe("Prefixes for Envoy's ext_authz HTTP service (`path_prefix`); the path of the request follows."),
    forwardAuth: z
      .array(path)
      .default(["/forward-auth"])
      .describe("Paths for nginx's auth_request, Traefik's ForwardAuth and Caddy's forward_auth."),
  })
  .refine(
    ({ extAuthz, forwardAuth }) => new Set([...extAuthz, ...forwardAuth]).size === extAuthz.length + forwardAuth.length,
    "each path may stand once",
  )
  .describe("Where an HTTP listener takes the checks of proxies.");

const listener = z
  .strictObject({
    address: z
      .string()
      .describe('"host:port"; port 0 picks a free one. The listeners grpc, http and admin have one unless it is set.'),
    serves: z
      .array(z.enum(["grpc", "http", "admin", "syslog"]))
      .min(1)
      .optional()
      .describe("What is served; by default what the listener is named after."),
    tls: tls.optional(),
    syslog: syslog.optional(),
    limits: limits.prefault({}),
    reusePort: z
      .boolean()
      .default(false)
      .describe(
        "Let another process listen on the same address, so that a new hub can take over from an old one without a gap (Linux).",
      ),
    reporter: z
      .enum(["inbound", "outbound"])
      .optional()
      .describe("Which side reports, where nothing else tells: by default outbound; for checks inbound."),
    default: z
      .enum(["allow", "deny"])
      .default("allow")
      .describe("What becomes of a request that no policy rule decides on."),
    trustedHops: z
      .int()
      .min(0)
      .max(100)
      .default(0)
      .describe(
        "For checks: how many proxies in front of the asking one are believed what they wrote into x-forwarded-for, as Envoy's xff_num_trusted_hops.",
      ),
    checkPaths: checkPaths.prefault({}),
    rateLimitHeaders: z
      .boolean()
      .default(true)
      .describe(
        "Tell clients of the limits of rules in x-ratelimit-* headers; false where the proxy does so (enable_x_ratelimit_headers).",
      ),
    trustForwardedClientCert: z.boolean().default(false).describe("Believe a logged x-forwarded-client-cert."),
  })
  .describe("One listening socket.");

const handler = z.strictObject({
  adapter: z.string().describe("Name of an adapter, name of an npm package, or path of a file that is one."),
  params: z.record(z.string(), z.unknown()).default({}).describe("Settings of the adapter; see below."),
  ...laneSettings,
});

const rule = z
  .strictObject({
    name: z.string().min(1).describe("Unique name."),
    match: z
      .union([expression, z.boolean()])
      .optional()
      .describe("When the rule applies, an expression that is true or false; always, if absent."),
    actions: z
      .array(
        z.strictObject({
          handler: z.string().describe("Name of a handler."),
          instances: z.array(z.string()).min(1).describe("Names of the instances that it gets."),
        }),
      )
      .min(1)
      .optional()
      .describe("Which instances go to which handlers."),
    ...policySettings,
  })
  .meta({ anyOf: ruleKinds.map((kind) => ({ required: [kind] })) });

const attribute = z.strictObject({
  type: z.enum(valueTypes).describe("What it holds."),
  meaning: z.string().default("").describe("One sentence for those who write rules."),
});

const peerValues = z
  .record(
    z.string(),
    z.union([z.string(), z.record(z.string(), z.string())]).describe("Its value: text, or texts by name for a map."),
  )
  .describe("Attributes below source. or destination., for example workload.name.");

const secretNames = (describe: string) =>
  z
    .array(
      z.string().refine((name) => /^\*?[^*]+\*?$|^\*$/.test(name), "a star may stand at the beginning or end only"),
    )
    .default([])
    .describe(describe);

const redact = z.strictObject({
  headers: secretNames("Headers that hold credentials, beside those of docs/logs.md."),
  queryParams: secretNames("Parameters of URLs that hold credentials, beside those of docs/logs.md."),
  keepHeaders: secretNames("Headers that are shown all the same."),
  keepQueryParams: secretNames("Parameters of URLs that are shown all the same."),
  replacement: z.string().min(1).max(64).default("***").describe("What stands in place of a credential."),
});

const tracing = z
  .strictObject({
    handler: z
      .string()
      .min(1)
      .describe("Handler that takes the spans, of an adapter that takes tracespan, such as otlp."),
    sample: z
      .number()
      .min(0)
      .max(1)
      .default(0.01)
      .describe("Share of traces that begin in the hub and are kept. Checks that belong to a trace are kept if it is."),
  })
  .describe("Spans of the hub's own work: checks, batches, deliveries, reloads and queries.");

/** The whole configuration: one schema gives the type, the checks, the defaults, the docs and the JSON Schema. */
export const configSchema = z.strictObject({
  listeners: z.record(z.string(), listener.nullable()).default({}).describe("Sockets by name; null turns one off."),
  vocabulary: z.record(z.string(), attribute).default({}).describe("Attributes beside the built-in ones."),
  handlers: z.record(z.string(), handler).default({}).describe("Configured adapters by name."),
  instances: z.record(z.string(), instance).default({}).describe("What rules make of records, by name."),
  rules: z.array(rule).default([]).describe("What goes where."),
  enrich: z
    .strictObject({
      addresses: z.record(z.string(), peerValues).default({}).describe("By address or CIDR of the other side."),
      principals: z
        .record(z.string(), peerValues)
        .default({})
        .describe("By principal of the other side, without spiffe://."),
    })
    .prefault({})
    .describe("Who the other side is, where the proxy does not tell."),
  routes: z
    .strictObject({
      templates: z
        .array(z.string())
        .default([])
        .describe("Path templates such as /users/{id}; the first that matches wins."),
      learn: z.boolean().default(true).describe("Learn templates from paths that no configured one matches."),
      maxTemplates: z
        .int()
        .positive()
        .default(1000)
        .describe("Distinct learned templates for each host before the rest become {other}."),
    })
    .prefault({})
    .describe("How route.template is made."),
  redact: redact
    .prefault({})
    .describe(
      "Credentials that log entries, edges and spans do not show. Names in letters of any case; a star at the beginning or end stands for anything.",
    ),
  decisions: decisionsConfig.prefault({}).describe("What is kept of the decisions of policy rules."),
  tracing: tracing.nullable().default(null).describe("Tracing of the hub's own work; null for none."),
  graph: graphConfig
    .nullable()
    .prefault({})
    .describe("How the spans of both sides of a call are brought together; null for not at all."),
  stats: statsConfig.nullable().prefault({}).describe("Statistics kept in the embedded store; null for none."),
});

/** A checked configuration with every default filled in. */
export type HubConfig = z.output<typeof configSchema>;
/** One listener's settings. */
export type ListenerConfig = z.output<typeof listener>;
/** How one listener takes log lines. */
export type SyslogConfig = z.output<typeof syslog>;
/** One listener's limits. */
export type ListenerLimits = z.output<typeof limits>;
/** One listener's TLS settings. */
export type TlsConfig = z.output<typeof tls>;
