import type { MetricsInstance } from "../../../schemas/model/instance.ts";
import { parseDuration } from "../../../schemas/model/time-text.ts";
import type { ExpositionFormat, Host, MetricFamily } from "../../adapter.ts";
import type { MetricPoint } from "../../shared/otlp/metric-point.ts";
import { type MetricHead, readMetrics } from "../../shared/otlp/read-metrics.ts";
import type { OthersConfig } from "./config.ts";
import type { OtherFamily } from "./family.ts";
import { type Clash, FamilyTable } from "./family-table.ts";
import { labelText, readAttribute, toLabels } from "./labels.ts";
import { createResourceReader, createScopeReader, type ResourceLabels, type ScopeLabels } from "./resource-labels.ts";
import type { Refusal } from "./series.ts";
import { Targets, targetInfoName } from "./targets.ts";

/** Points and metrics between two visits. */
const stepsPerVisit = 4096;
/** A series is kept at most by this part of its expiry too long. */
const expiryParts = 16;
/** Characters that the labels of one series may have. */
const maxLabelText = 4096;

/** What stands around points. */
interface Around {
  readonly head: MetricHead;
  readonly resource: ResourceLabels;
  readonly scope: ScopeLabels;
}

/** Metrics that others made, as families of a page: the latest value of each series, deltas added up. */
export class OthersStore {
  readonly #host: Pick<Host, "now" | "count" | "log">;
  readonly #families: FamilyTable;
  readonly #targets = new Targets();
  readonly #dropped = new Map<string, number>();
  #config: OthersConfig | undefined;
  #maxLines = 0;
  #expiryMs = 0;
  #expiredMs = Number.NEGATIVE_INFINITY;
  #readResource = createResourceReader([]);
  #readScope = createScopeReader(true);
  #instance = "metrics";
  #nextSerial = 0;
  #lines = 0;
  #untilVisit = stepsPerVisit;

  constructor(host: Pick<Host, "now" | "count" | "log">) {
    this.#host = host;
    this.#families = new FamilyTable(host.log);
  }

  /** Takes settings, and the names that belong to the handler's own metrics. Series stay unless names or labels would be others. */
  configure(config: OthersConfig, ownNames: Iterable<string>): void {
    const { suffixes, scopeLabels, resourceLabels, targetInfo } = config;
    if (this.#config === undefined || shapeOf(this.#config) !== shapeOf(config)) {
      this.#families.clear();
      this.#readResource = createResourceReader(resourceLabels);
      this.#readScope = createScopeReader(scopeLabels);
    }
    if (!targetInfo) this.#targets.clear();
    this.#config = config;
    this.#maxLines = config.maxSeries;
    this.#expiryMs = Number(parseDuration(config.expiry) ?? 0) / 1e6;
    this.#families.configure(suffixes, new Set([...ownNames, ...(targetInfo ? [targetInfoName] : [])]));
    this.#families.takeRemoved();
    this.#countLines();
  }

  /** Takes in what was relayed. */
  record({ bytes, instance }: MetricsInstance): void {
    const nowMs = this.#host.now();
    this.#instance = instance;
    const around = {} as { -readonly [Key in keyof Around]: Around[Key] };
    let family: OtherFamily | Clash = "type";
    readMetrics(bytes, {
      resource: (found) => {
        around.resource = this.#readResource(found);
        this.#meet(around.resource, nowMs);
      },
      scope: (found, schemaUrl) => {
        around.scope = this.#readScope(found, schemaUrl);
      },
      metric: (found) => {
        around.head = found;
        family = this.#families.resolve(found);
        this.#lines -= this.#families.takeRemoved();
        this.#untilVisit--;
      },
      point: (point) => {
        const refusal = typeof family === "string" ? family : this.#take(point, family, around, nowMs);
        if (refusal !== undefined) this.#dropped.set(refusal, (this.#dropped.get(refusal) ?? 0) + 1);
        this.#untilVisit--;
      },
    });
    if (this.#untilVisit <= 0) this.visit();
  }

  #meet({ target }: ResourceLabels, nowMs: number): void {
    if (target !== undefined && this.#config?.targetInfo) this.#targets.touch(target, nowMs, this.#room > 0);
  }

  /** Lines that there is room for. */
  get #room(): number {
    return this.#maxLines - this.#lines - this.#targets.size;
  }

  #take(point: MetricPoint, family: OtherFamily, around: Around, nowMs: number): Refusal | Clash | undefined {
    const { kind, temporality, name: owner } = around.head;
    if (temporality === undefined && kind !== "gauge" && kind !== "summary") return "temporality";
    const alias = `${around.resource.id} ${around.scope.id} ${owner} ${point.attributesKey}`;
    let series: ReturnType<OtherFamily["find"]> = family.known(alias);
    let labels = "";
    if (series === undefined) {
      labels = labelsOf(point, around);
      series = family.find(labels, alias, owner);
    }
    if (series === "foreign") {
      this.#families.tell(owner, "name_taken");
      return "name_taken";
    }
    if (point.hasEnded) {
      if (series !== undefined) this.#lines -= family.remove(series);
      return undefined;
    }
    if (series !== undefined) {
      if (!family.fits(series, kind)) return "type";
      const before = series.lines;
      const refusal = series.take(point, temporality === "delta", nowMs, this.#room);
      this.#lines += series.lines - before;
      return refusal;
    }
    if (labels.length > maxLabelText) return "labels_too_long";
    const made = family.make(kind, { labels, serial: this.#nextSerial, alias, owner });
    const room = this.#room - made.lines;
    const refusal = room < 0 ? "series_budget" : made.take(point, temporality === "delta", nowMs, room);
    if (refusal !== undefined) return refusal;
    this.#nextSerial++;
    this.#lines += family.add(made);
    return undefined;
  }

  /** Ends series that nobody sent for long, and tells the hub what was lost. */
  visit(): void {
    this.#untilVisit = stepsPerVisit;
    const metric = this.#instance;
    const nowMs = this.#host.now();
    if (this.#expiryMs > 0 && Math.abs(nowMs - this.#expiredMs) >= this.#expiryMs / expiryParts) {
      this.#expiredMs = nowMs;
      this.#targets.expire(nowMs - this.#expiryMs);
      let expired = 0;
      for (const family of this.#families.all) expired += family.expire(nowMs - this.#expiryMs);
      if (expired > 0) this.#host.count("expired", { metric }, expired);
      this.#countLines();
    }
    this.#families.sweep();
    for (const [reason, count] of this.#dropped) this.#host.count("dropped", { metric, reason }, count);
    this.#dropped.clear();
  }

  #countLines(): void {
    this.#lines = [...this.#families.all].reduce((sum, { lines }) => sum + lines, 0);
  }

  /** The families at this moment. */
  families(format: ExpositionFormat, withCreated: boolean): readonly MetricFamily[] {
    this.visit();
    const families = [...this.#families.all].map((each) => each.toFamily(format, withCreated, this.#nextSerial));
    return [...families, ...this.#targets.families(format)];
  }
}

/** What names and labels depend on. */
const shapeOf = ({ suffixes, scopeLabels, resourceLabels }: OthersConfig): string =>
  JSON.stringify([suffixes, scopeLabels, resourceLabels]);

function labelsOf(point: MetricPoint, { resource, scope }: Around): string {
  const attributes = new Map<string, string>();
  point.eachAttribute((attribute) => readAttribute(attribute, attributes));
  return labelText(toLabels(attributes), scope.labels, resource.labels);
}
