/** `mixdown/adapter`: the contract, and everything that the built-in adapters are made of. */

export { z } from "zod";
export type { Json } from "../schemas/model/access-log.ts";
export * from "../schemas/model/bounded-key.ts";
export * from "../schemas/model/cidr.ts";
export * from "../schemas/model/crc32c.ts";
export * from "../schemas/model/error-text.ts";
export * from "../schemas/model/instance.ts";
export * from "../schemas/model/ip.ts";
export * from "../schemas/model/nearest.ts";
export * from "../schemas/model/patience.ts";
export * from "../schemas/model/rate-limit.ts";
export * from "../schemas/model/time-text.ts";
export * from "../schemas/model/value.ts";
export * from "../schemas/model/verdict.ts";
export * from "./adapter.ts";
export {
  type Answer as CheckAnswer,
  type Checker,
  type Checks,
  defineChecker,
  type OpenChecker,
  type Question,
  type Validity,
} from "./checker.ts";
export * from "./limiter.ts";
export * from "./shared/combine.ts";
export * from "./shared/credential.ts";
export * from "./shared/duration-setting.ts";
export * from "./shared/exposition.ts";
export * from "./shared/flat-object.ts";
export * from "./shared/followed-files.ts";
export * from "./shared/http.ts";
export * from "./shared/http-settings.ts";
export * from "./shared/json-value.ts";
export * from "./shared/line-settings.ts";
export * from "./shared/load-text.ts";
export * from "./shared/metrics-page.ts";
export * from "./shared/negotiate.ts";
export * from "./shared/otlp/attributes.ts";
export * from "./shared/otlp/byte-writer.ts";
export * from "./shared/otlp/client.ts";
export * from "./shared/otlp/encode-logs.ts";
export * from "./shared/otlp/encode-metrics.ts";
export * from "./shared/otlp/encode-spans.ts";
export * from "./shared/otlp/encoder.ts";
export * from "./shared/otlp/envelope.ts";
export * from "./shared/otlp/fields.ts";
export * from "./shared/otlp/made-spans.ts";
export * from "./shared/otlp/metric-point.ts";
export * from "./shared/otlp/read-metrics.ts";
export * from "./shared/otlp/relayed.ts";
export * from "./shared/otlp/settings.ts";
export * from "./shared/otlp/split-spans.ts";
export * from "./shared/otlp/wire-cursor.ts";
export * from "./shared/otlp/wire-fields.ts";
export * from "./shared/prom-client-source.ts";
export * from "./shared/refreshed.ts";
export * from "./shared/series/config.ts";
export * from "./shared/series/counter.ts";
export * from "./shared/series/definition.ts";
export * from "./shared/series/definition.ts";
export * from "./shared/series/exemplars.ts";
export * from "./shared/series/gauge.ts";
export * from "./shared/series/harvest.ts";
export * from "./shared/series/histogram.ts";
export * from "./shared/series/metric-entries.ts";
export * from "./shared/series/naming.ts";
export * from "./shared/series/problems.ts";
export * from "./shared/series/store.ts";
export * from "./shared/text-format/text-format.ts";
export * from "./shared/tls-fetch.ts";
export * from "./shared/tls-settings.ts";
export * from "./shared/uninterruptible.ts";
