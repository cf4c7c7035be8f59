import { type AttributeName, slotOf } from "../../schemas/attributes/vocabulary.ts";
import type { Slots } from "../expr/expression.ts";
import { dimension, mtls, reporterClass, textCount, textDimensions, verdictOf } from "./dimensions.ts";
import { hasUnreachedFlag, isError } from "./outcome.ts";
import { absentId, otherId, StringTable } from "./string-table.ts";
import { TupleTable } from "./tuple-table.ts";

const peerWidth = 6;
const serviceWidth = 3;
/** Places in a series' tuple. */
const part = {
  ...{ source: 0, destination: 1, service: 2 },
  ...{ method: 3, route: 4, protocol: 5, grpc: 6, flags: 7, rule: 8 },
  packed: 9,
};
const seriesWidth = 10;
/** Series kept free for the overflow rows. */
const reserve = 1024;
const memoSize = 4096;
const maxCode = 0xffff;

/** Numbers of one series as they go to the store: ids of its texts, then code, mtls, reporter class and verdict. */
export const definitionWidth = textCount + 4;

/** The slots of a place and of what stands in for it; the same slot twice where nothing does. */
const slotsOf = (names: readonly AttributeName[]) => [slotOf(names[0]!), slotOf(names[1] ?? names[0]!)] as const;
const textSlots = textDimensions.map(({ attributes }) => slotsOf(attributes));
/** Texts that are not part of a group, method to rule: as many as from there to `packed`. */
const singles = part.packed - part.method;
const singleSlots = textSlots.slice(dimension.method).map(([slot]) => slot);
const codeSlot = slotOf("response.code");
const mtlsSlot = slotOf("connection.mtls");
const reporterSlot = slotOf("context.reporter.kind");
const verdictSlot = slotOf("check.verdict");
const signalSlot = slotOf("context.signal");
const callTypeSlot = slotOf("call.type");
const callVirtualSlot = slotOf("call.virtual");
const upstreamSlot = slotOf("upstream.address");
const eventSlot = slotOf("connection.event");

/** The class of a call whose other side has no spans, or that is no request. */
function callReporter(values: Slots): number | undefined {
  const virtual = values[callVirtualSlot];
  switch (values[callTypeSlot]) {
    case "database":
      return reporterClass.database;
    case "messaging_system":
      if (virtual === undefined) return reporterClass.message;
      return virtual === "server" ? reporterClass.queueSent : reporterClass.queueReceived;
    case "virtual_node":
      return virtual === "client" ? reporterClass.spanOutside : undefined;
    default:
      return undefined;
  }
}

/** One group of texts (a peer, the service) with a memo by its leading text, so that a known one costs one look-up. */
class GroupTable {
  readonly tuples: TupleTable;
  readonly #strings: StringTable;
  readonly #primary: Int32Array;
  readonly #fallback: Int32Array;
  readonly #leading: number;
  /** Texts by tuple, to compare without interning. */
  readonly #texts: (string | undefined)[] = [];
  /** Tuple met last; the same peers often come one after the other. */
  #last = 0;
  /** Tuple + 1 last seen for a leading text. */
  readonly #memo = new Int32Array(memoSize);

  constructor(strings: StringTable, from: number, width: number, leading: number, capacity: number, seed: number) {
    this.#strings = strings;
    const slots = textSlots.slice(from, from + width);
    this.#primary = Int32Array.from(slots, ([slot]) => slot);
    this.#fallback = Int32Array.from(slots, ([, slot]) => slot);
    this.#leading = leading;
    this.tuples = new TupleTable(width, capacity, seed);
    this.tuples.key.fill(otherId);
    this.#remember(this.tuples.intern());
  }

  /** The tuple of a record; 0, all `{other}`, beyond the budget. */
  idOf(values: Slots): number {
    const last = this.#last;
    if (last > 0 && this.#holds(last, values)) return last;
    this.#last = this.#find(values);
    return this.#last;
  }

  #find(values: Slots): number {
    const place = this.#strings.id(this.#read(values, this.#leading)) & (memoSize - 1);
    const known = this.#memo[place]! - 1;
    if (known > 0 && this.#holds(known, values)) return known;
    const id = this.#intern(values);
    this.#memo[place] = id + 1;
    return id;
  }

  #intern(values: Slots): number {
    const { key } = this.tuples;
    for (let index = 0; index < key.length; index++) key[index] = this.#strings.id(this.#read(values, index));
    const before = this.tuples.size;
    const id = this.tuples.intern();
    if (id === before) this.#remember(id);
    return id < 0 ? 0 : id;
  }

  /** The tuple of texts that another table held. */
  adopt(texts: readonly (string | undefined)[]): number {
    const { key } = this.tuples;
    for (let index = 0; index < key.length; index++) key[index] = this.#strings.id(texts[index]);
    const before = this.tuples.size;
    const id = this.tuples.intern();
    if (id === before) this.#remember(id);
    return id < 0 ? 0 : id;
  }

  #remember(id: number): void {
    const { key } = this.tuples;
    for (let index = 0; index < key.length; index++)
      this.#texts[id * key.length + index] = this.#strings.texts[key[index]!];
  }

  #holds(id: number, values: Slots): boolean {
    const width = this.#primary.length;
    const leading = this.#leading;
    if (this.#texts[id * width + leading] !== this.#read(values, leading)) return false;
    for (let index = 0; index < width; index++) {
      if (this.#texts[id * width + index] !== this.#read(values, index)) return false;
    }
    return true;
  }

  #read(values: Slots, index: number): unknown {
    return values[this.#primary[index]!] ?? values[this.#fallback[index]!];
  }
}

/** Limits of one series table. */
export interface SeriesBudget {
  readonly maxSeries: number;
  readonly maxPeers: number;
  readonly maxTexts: number;
}

/**
 * Which series a record belongs to. Insert-only and bounded; what does not fit goes to overflow rows that keep
 * protocol, outcome, verdict and reporter, so that sums and errors stay exact, and is counted.
 */
export class SeriesTable {
  readonly strings: StringTable;
  /** Records that went to an overflow row. */
  overflowed = 0;
  /** Series that are errors, by id. */
  readonly errors: Uint8Array;
  readonly #budget: SeriesBudget;
  readonly #sources: GroupTable;
  readonly #destinations: GroupTable;
  readonly #services: GroupTable;
  readonly #series: TupleTable;
  readonly #lastSingles: (string | undefined)[] = new Array(singles).fill(undefined);
  readonly #lastIds = new Int32Array(singles);
  /** By flags id: 0 not looked at yet, 1 reached, 2 never reached a server. */
  readonly #unreached: Uint8Array;

  constructor(budget: SeriesBudget, seed: number) {
    this.#budget = budget;
    const strings = new StringTable(budget.maxTexts);
    this.strings = strings;
    this.#unreached = new Uint8Array(budget.maxTexts + 2);
    this.#sources = new GroupTable(strings, dimension.source, peerWidth, 2, budget.maxPeers, seed);
    this.#destinations = new GroupTable(strings, dimension.destination, peerWidth, 2, budget.maxPeers, seed);
    this.#services = new GroupTable(strings, dimension.host, serviceWidth, 1, budget.maxPeers, seed);
    this.#series = new TupleTable(seriesWidth, budget.maxSeries + reserve, seed);
    this.errors = new Uint8Array(this.#series.capacity);
    this.#series.key.set([0, 0, 0, otherId, otherId, otherId, 0, 0, 0, 0]);
    this.#series.intern();
  }

  /** Series so far. */
  get size(): number {
    return this.#series.size;
  }

  /** The most series there can be, overflow rows included. */
  get capacity(): number {
    return this.#series.capacity;
  }

  /** How full the fullest table is, 0..1. */
  get fill(): number {
    const groups = [this.#sources, this.#destinations, this.#services];
    const fullest = Math.max(...groups.map(({ tuples }) => tuples.size / tuples.capacity));
    return Math.max(this.size / this.#budget.maxSeries, fullest, this.strings.fill);
  }

  /** The series of a record. */
  idOf(values: Slots, isTcp: boolean): number {
    const { key } = this.#series;
    key[part.source] = this.#sources.idOf(values);
    key[part.destination] = this.#destinations.idOf(values);
    key[part.service] = this.#services.idOf(values);
    for (let index = 0; index < singles; index++) key[part.method + index] = this.#idOfSingle(values, index);
    key[part.packed] = this.#pack(values, key[part.flags]!, isTcp);
    const before = this.#series.size;
    const id = this.#series.intern(this.#budget.maxSeries);
    if (id < 0) return this.#overflow();
    if (id === before) this.#define(id);
    return id;
  }

  /** Takes over a series of another table, as far as the budget goes. */
  adopt(old: SeriesTable, id: number): void {
    const definition = new Int32Array(definitionWidth);
    old.define(id, definition, 0);
    const texts = Array.from(definition.subarray(0, textCount), (text) => old.strings.texts[text]);
    const { key } = this.#series;
    key[part.source] = this.#sources.adopt(texts.slice(dimension.source, dimension.destination));
    key[part.destination] = this.#destinations.adopt(texts.slice(dimension.destination, dimension.host));
    key[part.service] = this.#services.adopt(texts.slice(dimension.host, dimension.method));
    for (let index = 0; index < singles; index++)
      key[part.method + index] = this.strings.id(texts[dimension.method + index]);
    key[part.packed] = old.#series.rows[id * seriesWidth + part.packed]!;
    const before = this.#series.size;
    if (this.#series.intern(this.#budget.maxSeries) === before) this.#define(before);
  }

  /** Writes the definition of a series at `offset`. */
  define(id: number, into: Int32Array, offset: number): void {
    const { rows } = this.#series;
    const at = id * seriesWidth;
    const copy = (group: GroupTable, tuple: number, width: number, place: number) =>
      into.set(group.tuples.rows.subarray(tuple * width, (tuple + 1) * width), offset + place);
    copy(this.#sources, rows[at + part.source]!, peerWidth, dimension.source);
    copy(this.#destinations, rows[at + part.destination]!, peerWidth, dimension.destination);
    copy(this.#services, rows[at + part.service]!, serviceWidth, dimension.host);
    into.set(rows.subarray(at + part.method, at + part.packed), offset + dimension.method);
    const packed = rows[at + part.packed]!;
    into.set([packed >> 8, (packed >> 4) & 3, packed & 15, (packed >> 6) & 3], offset + textCount);
  }

  /** The id of a text that stands alone; the last one is remembered, because these seldom change. */
  #idOfSingle(values: Slots, index: number): number {
    const value = values[singleSlots[index]!];
    if (value === undefined) return absentId;
    if (value === this.#lastSingles[index]) return this.#lastIds[index]!;
    const id = this.strings.id(value);
    this.#lastSingles[index] = this.strings.texts[id];
    this.#lastIds[index] = id;
    return id;
  }

  #pack(values: Slots, flags: number, isTcp: boolean): number {
    const code = values[codeSlot];
    const secured = values[mtlsSlot];
    const status = typeof code === "number" && code > 0 && code <= maxCode ? Math.trunc(code) : 0;
    const security = secured === true ? mtls.yes : secured === false ? mtls.no : mtls.unknown;
    const verdict = verdictOf(values[verdictSlot]);
    return (status << 8) | (verdict << 6) | (security << 4) | this.#reporter(values, flags, isTcp);
  }

  /** A TCP entry from before the end may lack the upstream only because it is not connected yet. */
  #reporter(values: Slots, flags: number, isTcp: boolean): number {
    const kind = values[reporterSlot];
    if (values[signalSlot] === "span") return callReporter(values) ?? this.#spanReporter(values, flags);
    if (kind === "inbound") return reporterClass.inbound;
    if (kind !== "outbound") return reporterClass.unknown;
    const mayLack = isTcp && values[eventSlot] !== "close";
    if (values[upstreamSlot] === undefined && !mayLack) return reporterClass.unreached;
    return this.#isUnreached(flags) ? reporterClass.unreached : reporterClass.reached;
  }

  #spanReporter(values: Slots, flags: number): number {
    if (values[reporterSlot] === "inbound") return reporterClass.spanInbound;
    if (this.#isUnreached(flags)) return reporterClass.spanUnreached;
    return values[callVirtualSlot] === "server" ? reporterClass.spanExternal : reporterClass.spanReached;
  }

  #isUnreached(flags: number): boolean {
    if (this.#unreached[flags] === 0) this.#unreached[flags] = hasUnreachedFlag(this.strings.texts[flags]) ? 2 : 1;
    return this.#unreached[flags] === 2;
  }

  #overflow(): number {
    this.overflowed++;
    const { key } = this.#series;
    key[part.source] = 0;
    key[part.destination] = 0;
    key[part.service] = 0;
    key[part.method] = otherId;
    key[part.route] = otherId;
    if (key[part.rule] !== absentId) key[part.rule] = otherId;
    const before = this.#series.size;
    const id = this.#series.intern();
    if (id === before) this.#define(id);
    return id < 0 ? 0 : id;
  }

  #define(id: number): void {
    const at = id * seriesWidth;
    const { rows } = this.#series;
    const { texts } = this.strings;
    const outcome = {
      code: rows[at + part.packed]! >> 8,
      grpcStatus: texts[rows[at + part.grpc]!],
      flags: texts[rows[at + part.flags]!],
    };
    this.errors[id] = isError(outcome) ? 1 : 0;
  }
}
