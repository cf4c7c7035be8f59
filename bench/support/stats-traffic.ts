import { builtInAttributes, slotOf } from "../../schemas/attributes/vocabulary.ts";
import { AttributeRecord } from "../../schemas/model/record.ts";

/** A repeatable source of numbers in [0, 1) (Mulberry32, Tommy Ettinger). */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One kind of request in a mesh: who calls what, how it ends, how often, how long it takes. */
export interface TrafficSeries {
  readonly caller: number;
  readonly service: number;
  readonly version: number;
  readonly method: string;
  readonly route: string;
  readonly code: number;
  readonly inbound: boolean;
  /** Requests in a second. */
  readonly rate: number;
  /** Median duration in nanoseconds. */
  readonly median: number;
}

const services = 200;

/**
 * `count` series over 200 services, whose traffic falls off as in real meshes (a power law): a few are busy, most nearly idle.
 * Client and server both report, as two series.
 */
export function createTraffic(count: number, requestsPerSecond: number, random: () => number): TrafficSeries[] {
  const weights = Array.from({ length: count }, (_, index) => 1 / (index + 1) ** 1.4);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight, index) => ({
    caller: Math.floor(random() * services),
    service: Math.floor(random() ** 2 * services),
    version: Math.floor(random() * 2),
    method: random() < 0.8 ? "GET" : "POST",
    route: `/api/v${Math.floor(random() * 3)}/things/{id}/${Math.floor(random() * 40)}`,
    code: random() < 0.85 ? 200 : random() < 0.6 ? 404 : 503,
    inbound: index % 2 === 0,
    rate: (weight / sum) * requestsPerSecond,
    median: 1e6 * 10 ** (random() * 2),
  }));
}

/** A record of each series; the caller sets duration and time. */
export function toRecord(series: TrafficSeries): AttributeRecord {
  const record = new AttributeRecord(builtInAttributes.length);
  const set = (name: Parameters<typeof slotOf>[0], value: string | number | boolean) => {
    record.values[slotOf(name)] = value;
  };
  set("context.signal", "accesslog");
  set("context.protocol", "http");
  set("context.reporter.kind", series.inbound ? "inbound" : "outbound");
  for (const [side, name] of [
    ["source", series.caller],
    ["destination", series.service],
  ] as const) {
    set(`${side}.cluster.id`, "Kubernetes");
    set(`${side}.workload.namespace`, `team-${name % 20}`);
    set(`${side}.workload.name`, `service-${name}-v${series.version}`);
    set(`${side}.canonical.name`, `service-${name}`);
    set(`${side}.canonical.revision`, `v${series.version}`);
    set(`${side}.principal`, `cluster.local/ns/team-${name % 20}/sa/service-${name}`);
  }
  set("destination.service.host", `service-${series.service}.team-${series.service % 20}.svc.cluster.local`);
  set("destination.service.name", `service-${series.service}`);
  set("destination.service.namespace", `team-${series.service % 20}`);
  set("request.method", series.method);
  set("route.template", series.route);
  set("response.code", series.code);
  set("connection.mtls", true);
  set("upstream.address", "10.0.0.2");
  set("request.size", 512);
  set("response.size", 4096);
  return record;
}

/** A duration in nanoseconds around the median, spread as latencies are (log-normal). */
export function drawDuration({ median }: TrafficSeries, random: () => number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.max(1, Math.round(median * Math.exp(0.6 * normal)));
}
