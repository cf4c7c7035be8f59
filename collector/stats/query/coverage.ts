import type { StatsSources } from "../../config/stats-schema.ts";
import { isEdgeOnly, isInbound, isSpanReporter, reporterClass } from "../dimensions.ts";
import { serviceIdOf } from "./naming.ts";
import type { QueryView } from "./scan.ts";

/** Services by id, `namespace/name`; one without a namespace is the same as any of its name. */
class Services {
  readonly ids = new Set<string>();
  readonly #names = new Set<string>();
  readonly #bare = new Set<string>();

  add(id: string): void {
    if (this.ids.has(id)) return;
    this.ids.add(id);
    const { namespace, name } = partsOf(id);
    this.#names.add(name);
    if (namespace === "") this.#bare.add(name);
  }

  has(id: string): boolean {
    if (this.ids.has(id)) return true;
    const { namespace, name } = partsOf(id);
    return namespace === "" ? this.#names.has(name) : this.#bare.has(name);
  }
}

function partsOf(id: string): { readonly namespace: string; readonly name: string } {
  const slash = id.indexOf("/");
  return { namespace: id.slice(0, slash), name: id.slice(slash + 1) };
}

/**
 * Which services access logs (and reports) tell of in a range, and which spans; and of which of them servers report. Where both tell
 * of a service, one of the two counts: what the configuration prefers.
 */
export class Coverage {
  readonly #sources: StatsSources;
  readonly #logs = { all: new Services(), inbound: new Services() };
  readonly #spans = { all: new Services(), inbound: new Services() };

  constructor(sources: StatsSources) {
    this.#sources = sources;
  }

  /** One that has noted nothing and prefers the same. */
  fresh(): Coverage {
    return new Coverage(this.#sources);
  }

  /** Takes note of a series with traffic; messages, and calls of databases, say nothing of who tells of requests. */
  note(reporter: number, service: string): void {
    if (reporter === reporterClass.unknown || isEdgeOnly(reporter)) return;
    const { all, inbound } = this.#of(reporter);
    all.add(service);
    if (isInbound(reporter)) inbound.add(service);
  }

  /** Adds what another store noted. */
  merge(other: Coverage): void {
    for (const key of ["all", "inbound"] as const) {
      for (const id of other.#logs[key].ids) this.#logs[key].add(id);
      for (const id of other.#spans[key].ids) this.#spans[key].add(id);
    }
  }

  /** Whether a server reports the service, in the same way. */
  hasServer(reporter: number, service: string): boolean {
    return this.#of(reporter).inbound.has(service);
  }

  /** Whether an entry gives way to the other way of reporting the same service. */
  givesWay(reporter: number, service: string): boolean {
    if (reporter === reporterClass.unknown) return false;
    const isSpan = isSpanReporter(reporter);
    const other = isSpan ? this.#logs.all : this.#spans.all;
    return other.has(service) && isSpan !== (this.#preferred(service) === "span");
  }

  #of(reporter: number) {
    return isSpanReporter(reporter) ? this.#spans : this.#logs;
  }

  #preferred(id: string): StatsSources["prefer"] {
    const { prefer, services } = this.#sources;
    if (services.length === 0) return prefer;
    const parts = partsOf(id);
    const found = services.find(
      ({ service, namespace }) =>
        encodeURIComponent(service) === parts.name &&
        (namespace === undefined || encodeURIComponent(namespace) === parts.namespace),
    );
    return found?.prefer ?? prefer;
  }
}

/** The coverage of several stores together; they all prefer the same. */
export function mergeCoverage(all: readonly Coverage[]): Coverage {
  const merged = all[0]?.fresh() ?? new Coverage({ prefer: "accesslog", services: [] });
  for (const coverage of all) merged.merge(coverage);
  return merged;
}

/** Whether spans may count in place of access logs, anywhere. */
export const spansMayWin = ({ prefer, services }: StatsSources): boolean =>
  prefer === "span" || services.some((service) => service.prefer === "span");

/** What the series of a view tell that were seen in a range. Without spans among them only servers matter, which spares naming all others. */
export function createCoverage(view: QueryView, seen: Uint8Array): Coverage {
  const coverage = new Coverage(view.sources);
  const mixed = hasSpans(view, seen);
  for (let id = 0; id < seen.length; id++) {
    const series = seen[id] === 1 ? view.get(id) : undefined;
    if (series !== undefined && (mixed || isInbound(series.reporter)))
      coverage.note(series.reporter, serviceIdOf(series));
  }
  return coverage;
}

function hasSpans(view: QueryView, seen: Uint8Array): boolean {
  for (let id = 0; id < seen.length; id++) {
    const series = seen[id] === 1 ? view.get(id) : undefined;
    if (series !== undefined && isSpanReporter(series.reporter)) return true;
  }
  return false;
}
