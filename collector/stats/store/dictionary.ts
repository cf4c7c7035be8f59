import { dimension, other, peerPart, reporterClass, type SeriesKey, textCount } from "../dimensions.ts";
import type { Database } from "./database.ts";
import { textColumns } from "./schema.ts";

/** A series as the store knows it. Times in milliseconds since the epoch. */
export interface Series extends SeriesKey {
  readonly id: number;
  /** Made by a roll-up by service: it repeats what other series say. */
  readonly byService: boolean;
  /** Infinity and -Infinity while nothing was seen. */
  readonly firstSeen: number;
  readonly lastSeen: number;
}

interface Entry extends Series {
  firstSeen: number;
  lastSeen: number;
  isNew: boolean;
  service: number | undefined;
  edge: number | undefined;
}

/** Series kept free for what is beyond the budget. */
const reserve = 1024;

/** Which texts name the service, for the roll-up: the service itself, else what stands in for its name. */
const serviceTexts: readonly number[] = [
  dimension.host,
  dimension.service,
  dimension.serviceNamespace,
  dimension.protocol,
];
const standIns: readonly number[] = [
  dimension.destination + peerPart.canonicalName,
  dimension.destination + peerPart.workload,
  dimension.destination + peerPart.namespace,
];

/** Places of the texts that the roll-up by service keeps for every series. */
export const keptByService = serviceTexts;

/** Every series of the store in memory: ids for keys, and what follows from a key. Ids are used again after `forget`. */
export class Dictionary {
  readonly #entries: (Entry | undefined)[] = [undefined];
  readonly #ids = new Map<string, number>();
  readonly #edges = new Map<string, number>();
  readonly #dirty = new Set<Entry>();
  readonly #free: number[] = [];
  readonly #maxSeries: number;
  /** Series that went to an overflow row because there are too many. */
  overflowed = 0;

  constructor(maxSeries: number) {
    this.#maxSeries = maxSeries;
  }

  /** One more than the highest id. */
  get limit(): number {
    return this.#entries.length;
  }

  /** Series known. */
  get size(): number {
    return this.#ids.size;
  }

  /** A series by id. */
  get(id: number): Series | undefined {
    return this.#entries[id];
  }

  /** The id of a key, a new one if need be; that of an overflow row if there are too many. */
  idOf(key: SeriesKey, byService = false): number {
    const name = nameOf(key, byService);
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    if (this.size < this.#maxSeries) return this.#add(name, key, byService, true);
    this.overflowed++;
    return this.#overflow(key, byService);
  }

  /** The series that a row goes to in a roll-up by service. */
  serviceOf(id: number): number {
    const entry = this.#entries[id]!;
    entry.service ??= entry.byService ? id : this.idOf(serviceKey(entry), true);
    return entry.service;
  }

  /** A number for the edge of a series: who called which service on whom. */
  edgeOf(id: number): number {
    const entry = this.#entries[id]!;
    if (entry.edge !== undefined) return entry.edge;
    const name = JSON.stringify(entry.texts.slice(0, dimension.method));
    const edge = this.#edges.get(name) ?? this.#edges.size;
    this.#edges.set(name, edge);
    entry.edge = edge;
    return edge;
  }

  /** Notes that a series was seen. */
  touch(id: number, first: number, last: number): void {
    const entry = this.#entries[id]!;
    if (first >= entry.firstSeen && last <= entry.lastSeen) return;
    entry.firstSeen = Math.min(entry.firstSeen, first);
    entry.lastSeen = Math.max(entry.lastSeen, last);
    this.#dirty.add(entry);
  }

  /** Calls back for each series that is not made by a roll-up. */
  each(visit: (series: Series) => void): void {
    for (const entry of this.#entries) if (entry !== undefined && !entry.byService) visit(entry);
  }

  /** Reads all series from the database. */
  load(database: Database): void {
    const columns = [
      "id",
      "code",
      "mtls",
      "reporter",
      "verdict",
      "by_service",
      "first_ms",
      "last_ms",
      ...textColumns,
    ].join(", ");
    const rows = database.prepare<[], LoadedRow>(
      `SELECT ${columns} FROM series LEFT JOIN seen ON seen.series = series.id ORDER BY id`,
    );
    for (const row of rows.raw().iterate()) this.#load(row);
    for (let id = 1; id < this.#entries.length; id++) if (this.#entries[id] === undefined) this.#free.push(id);
  }

  /** Writes what changed; call `saved` once the transaction is through. */
  save(database: Database): void {
    if (this.#dirty.size === 0) return;
    const marks = new Array(textColumns.length + 6).fill("?").join(", ");
    const insert = database.prepare(
      `REPLACE INTO series (id, code, mtls, reporter, verdict, by_service, ${textColumns.join(", ")}) VALUES (${marks})`,
    );
    const seen = database.prepare("REPLACE INTO seen (series, first_ms, last_ms) VALUES (?, ?, ?)");
    for (const entry of this.#dirty) {
      if (entry.isNew) {
        const texts = Array.from({ length: textCount }, (_, place) => entry.texts[place] ?? null);
        const { id, code, mtls, reporter, verdict, byService } = entry;
        insert.run(id, code, mtls, reporter, verdict, byService ? 1 : 0, ...texts);
      }
      if (entry.lastSeen > 0) seen.run(entry.id, Math.floor(entry.firstSeen), Math.ceil(entry.lastSeen));
    }
  }

  /** Notes that the last `save` is in the database. */
  saved(): void {
    for (const entry of this.#dirty) entry.isNew = false;
    this.#dirty.clear();
  }

  /** Notes that nothing is in the database: it was started afresh. */
  unsave(): void {
    for (const entry of this.#entries) {
      if (entry === undefined) continue;
      entry.isNew = true;
      this.#dirty.add(entry);
    }
  }

  /** Forgets series that were last seen before a time and are not in use, here and in the database. Call it in a transaction. */
  forget(database: Database, beforeMs: number, isUsed: (id: number) => boolean): number {
    const gone = this.#entries.filter((entry) => entry !== undefined && this.#isGone(entry, beforeMs, isUsed));
    const inSeries = database.prepare("DELETE FROM series WHERE id = ?");
    const inSeen = database.prepare("DELETE FROM seen WHERE series = ?");
    for (const entry of gone as Entry[]) {
      inSeries.run(entry.id);
      inSeen.run(entry.id);
      this.#entries[entry.id] = undefined;
      this.#ids.delete(nameOf(entry, entry.byService));
      this.#free.push(entry.id);
    }
    if (gone.length > 0) for (const entry of this.#entries) if (entry !== undefined) entry.service = undefined;
    return gone.length;
  }

  #isGone(entry: Entry, beforeMs: number, isUsed: (id: number) => boolean): boolean {
    return entry.lastSeen < beforeMs && !this.#dirty.has(entry) && !isUsed(entry.id);
  }

  #overflow({ texts, code, mtls, reporter, verdict }: SeriesKey, byService: boolean): number {
    const kept = texts.map((text, place) => (keepsBeyondBudget(place, text) ? text : other));
    const precise: SeriesKey = { texts: kept, code, mtls, reporter, verdict };
    const known = this.#ids.get(nameOf(precise, byService));
    if (known !== undefined) return known;
    if (this.size < this.#maxSeries + reserve) return this.#add(nameOf(precise, byService), precise, byService, true);
    const all = new Array<string | undefined>(textCount).fill(other);
    const last: SeriesKey = { texts: all, code: 0, mtls: 0, reporter: reporterClass.unknown, verdict: 0 };
    return this.#ids.get(nameOf(last, byService)) ?? this.#add(nameOf(last, byService), last, byService, true);
  }

  #add(name: string, key: SeriesKey, byService: boolean, isNew: boolean, id = this.#free.pop()): number {
    const entry: Entry = {
      id: id ?? this.#entries.length,
      texts: key.texts,
      code: key.code,
      mtls: key.mtls,
      reporter: key.reporter,
      verdict: key.verdict,
      byService,
      firstSeen: Number.POSITIVE_INFINITY,
      lastSeen: Number.NEGATIVE_INFINITY,
      isNew,
      service: undefined,
      edge: undefined,
    };
    this.#entries[entry.id] = entry;
    this.#ids.set(name, entry.id);
    if (isNew) this.#dirty.add(entry);
    return entry.id;
  }

  #load(row: LoadedRow): void {
    const [id, code, mtls, reporter, verdict, byService, first, last, ...texts] = row;
    const key = { texts: texts.map((text) => text ?? undefined), code, mtls, reporter, verdict };
    while (this.#entries.length < id) this.#entries.push(undefined);
    this.#add(nameOf(key, byService === 1), key, byService === 1, false, id);
    const entry = this.#entries[id]!;
    entry.firstSeen = first ?? Number.POSITIVE_INFINITY;
    entry.lastSeen = last ?? Number.NEGATIVE_INFINITY;
  }
}

type LoadedRow = [number, number, number, number, number, number, number | null, number | null, ...(string | null)[]];

const nameOf = ({ texts, code, mtls, reporter, verdict }: SeriesKey, byService: boolean): string =>
  JSON.stringify([texts, code, mtls, reporter, verdict, byService]);

/** Protocol and outcome stay exact; of the rule, that there is one. */
const keepsBeyondBudget = (place: number, text: string | undefined): boolean =>
  place >= dimension.protocol && (place !== dimension.rule || text === undefined);

/** Keeps the service, and the names that stand in for it where there is none. */
function serviceKey({ texts, reporter }: SeriesKey): SeriesKey {
  const isNamed = texts[dimension.service] !== undefined || texts[dimension.host] !== undefined;
  const kept = isNamed ? serviceTexts : [...serviceTexts, ...standIns];
  return {
    texts: texts.map((text, place) => (kept.includes(place) ? text : undefined)),
    code: 0,
    mtls: 0,
    reporter,
    verdict: 0,
  };
}
