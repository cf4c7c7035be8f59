import type { Host } from "../../adapter.ts";
import type { MetricHead } from "../../shared/otlp/read-metrics.ts";
import { BoundsTable } from "./bounds.ts";
import { OtherFamily } from "./family.ts";
import { toFamilyName, toFamilyType } from "./names.ts";

/** Why a metric is not shown: its name belongs to another one, or is there with another type. */
export type Clash = "name_taken" | "type";

const clashMessages: Readonly<Record<Clash, string>> = {
  name_taken: "a metric of others is not shown, since its name belongs to another metric: rename one of them",
  type: "a metric of others is not shown, since its name is there with another type: rename one of them",
};

/** Clashes that are logged by name; further ones are only counted. */
const maxLogged = 1000;
/** Metrics whose families are remembered. */
const maxResolved = 10_000;

/** The families of metrics that others made, no two of which share a name on the page. */
export class FamilyTable {
  readonly #log: Host["log"];
  readonly #bounds = new BoundsTable();
  readonly #families = new Map<string, OtherFamily>();
  /** Families by all names that they take up. */
  readonly #claims = new Map<string, OtherFamily>();
  readonly #resolved = new Map<string, OtherFamily | Clash>();
  readonly #logged = new Set<string>();
  #withSuffixes = true;
  #removedLines = 0;
  #foreign: ReadonlySet<string> = new Set();

  constructor(log: Host["log"]) {
    this.#log = log;
  }

  get all(): Iterable<OtherFamily> {
    return this.#families.values();
  }

  /** `foreign`: names that belong to somebody else. Families that have one of them are gone. */
  configure(withSuffixes: boolean, foreign: ReadonlySet<string>): void {
    this.#withSuffixes = withSuffixes;
    this.#foreign = foreign;
    this.#resolved.clear();
    for (const family of [...this.all]) if (family.names.some((name) => foreign.has(name))) this.#remove(family);
  }

  /** The family of a metric, or why there is none. It stays valid until the next metric. */
  resolve(head: MetricHead): OtherFamily | Clash {
    const key = JSON.stringify([head.name, head.unit, toFamilyType(head)]);
    const known = this.#resolved.get(key);
    if (known !== undefined) return known;
    const found = this.#find(head);
    if (this.#resolved.size >= maxResolved) this.#resolved.clear();
    this.#resolved.set(key, found);
    if (typeof found === "string") this.tell(head.name, found);
    return found;
  }

  #find(head: MetricHead): OtherFamily | Clash {
    const type = toFamilyType(head);
    const named = toFamilyName(head, type, this.#withSuffixes);
    const existing = this.#families.get(named.name);
    if (existing?.type === type) return existing;
    // Envoy sends both under one name, and of the two only a histogram can be summed up.
    if (existing?.type === "summary" && type === "histogram") this.#remove(existing);
    else if (existing !== undefined) return "type";
    const family = new OtherFamily(named, type, head.description || `Metric ${head.name}.`, this.#bounds);
    if (family.names.some((name) => this.#claims.has(name) || this.#foreign.has(name))) return "name_taken";
    this.#families.set(family.name, family);
    for (const name of family.names) this.#claims.set(name, family);
    return family;
  }

  /** Logs a clash, once for each metric. */
  tell(metric: string, clash: Clash): void {
    if (this.#logged.size >= maxLogged || this.#logged.has(metric)) return;
    this.#logged.add(metric);
    this.#log.warn({ metric }, clashMessages[clash]);
  }

  /** Forgets families without series. */
  sweep(): void {
    for (const family of [...this.all]) if (family.isEmpty) this.#remove(family);
  }

  /** Forgets all. */
  clear(): void {
    for (const family of [...this.all]) this.#remove(family);
  }

  /** Lines of families that were removed since this was last asked. */
  takeRemoved(): number {
    const lines = this.#removedLines;
    this.#removedLines = 0;
    return lines;
  }

  #remove(family: OtherFamily): void {
    this.#removedLines += family.lines;
    family.clear();
    this.#families.delete(family.name);
    for (const name of family.names) this.#claims.delete(name);
    this.#resolved.clear();
  }
}
