import { slotOf, type Vocabulary } from "../../schemas/attributes/vocabulary.ts";
import type { Json } from "../../schemas/model/access-log.ts";
import type { LogField, LogOrigin, RawRecord, RecordProblem } from "../../schemas/model/raw-record.ts";
import type { AttributeRecord, Projection } from "../../schemas/model/record.ts";
import type { Value } from "../../schemas/model/value.ts";
import { logDerivations, requestDerivations } from "./derivations.ts";
import { createDeriver } from "./derive.ts";
import { Unfit } from "./json-values.ts";
import { defaultLogFields } from "./log-fields.ts";
import { spellingOf } from "./log-spelling.ts";
import { createLogReader, type ReadLogValue } from "./log-values.ts";
import type { RouteTemplates } from "./route-templates.ts";

/** What a normalizer of log lines works with. */
export interface LogNormalizerOptions {
  readonly vocabulary: Vocabulary;
  /** The attributes that are read downstream; no other is worked out. */
  readonly projection: Projection;
  readonly routes: RouteTemplates;
  /** Fills in what is known of the decision on a record's request; nothing, if absent. */
  readonly join?: ((record: AttributeRecord) => void) | undefined;
}

/** Fills a record that was reset from a log line. Values that do not fit are left out and told. */
export type NormalizeLog = (
  raw: RawRecord,
  record: AttributeRecord,
  leftOut: RecordProblem[],
) => RecordProblem | undefined;

/** Brings the log lines of listeners into the vocabulary. */
export interface LogNormalizer {
  /** What to do with the lines of a listener; worked out once for each. */
  forOrigin(origin: LogOrigin): NormalizeLog;
}

interface Member {
  readonly name: string;
  /** Members of members, where no member has the whole name. */
  readonly path: readonly string[];
  readonly attribute: string;
  readonly slot: number;
  readonly read: ReadLogValue;
  readonly kept: boolean;
  /** Whether something is derived from it. */
  readonly derives: boolean;
}

/** Compiles field tables against a vocabulary. */
export function createLogNormalizer(options: LogNormalizerOptions): LogNormalizer {
  const known = new WeakMap<LogOrigin, NormalizeLog>();
  return {
    forOrigin(origin) {
      let normalize = known.get(origin);
      if (normalize === undefined) {
        normalize = compile(origin, options);
        known.set(origin, normalize);
      }
      return normalize;
    },
  };
}

const hostSlot = slotOf("context.reporter.uid");
const appSlot = slotOf("context.log_name");

function compile(origin: LogOrigin, options: LogNormalizerOptions): NormalizeLog {
  const { projection, routes, join } = options;
  const deriver = createDeriver([...logDerivations(origin.reporter), ...requestDerivations(routes)], projection);
  const members = membersOf(origin, options, deriver.uses);

  const put = (record: AttributeRecord, slot: number, value: Value, kept: boolean, derives: boolean) => {
    if (kept) record.values[slot] = value;
    if (derives) deriver.note(slot, value);
  };
  const keepsHost = projection.has(hostSlot);
  const keepsApp = projection.has(appSlot);

  return ({ value: line, sender }, record, leftOut) => {
    if (typeof line !== "object" || line === null || Array.isArray(line))
      return { reason: "not_an_object", error: "expected an object" };
    deriver.begin();
    if (sender?.host !== undefined) put(record, hostSlot, sender.host, keepsHost, false);
    if (sender?.app !== undefined) put(record, appSlot, sender.app, keepsApp, true);
    for (const { name, path, attribute, slot, read, kept, derives } of members) {
      const given = find(line as Members, name, path);
      if (given === undefined) continue;
      const value = read(given);
      if (value === undefined) continue;
      if (value instanceof Unfit)
        leftOut.push({ reason: attribute, error: `${name}: expected ${value.expected} for ${attribute}` });
      else put(record, slot, value, kept, derives);
    }
    deriver.finish(record);
    join?.(record);
    return undefined;
  };
}

type Members = { readonly [name: string]: Json };

/** Fields of attributes that are read downstream, or that something read is derived from; a listener may outlive a vocabulary that had more. */
function membersOf({ fields = defaultLogFields }: LogOrigin, options: LogNormalizerOptions, uses: ReadonlySet<number>) {
  const { vocabulary, projection } = options;
  return Object.entries(fields).flatMap(([name, field]): Member[] => {
    const { attribute, unit, pick }: LogField = typeof field === "string" ? { attribute: field } : field;
    const slot = vocabulary.slot(attribute);
    const type = vocabulary.typeOf(attribute);
    if (slot === undefined || type === undefined) return [];
    const [kept, derives] = [projection.has(slot), uses.has(slot)];
    if (!kept && !derives) return [];
    const read = spelled(createLogReader({ type, unit, pick }), spellingOf(attribute));
    return [{ name, path: name.split("."), attribute, slot, read, kept, derives }];
  });
}

function spelled(read: ReadLogValue, spell: ReturnType<typeof spellingOf>): ReadLogValue {
  if (spell === undefined) return read;
  return (json) => {
    const value = read(json);
    return value === undefined || value instanceof Unfit ? value : spell(value);
  };
}

/** The member of this name, else the one that the dots in it lead to. */
function find(line: Members, name: string, path: readonly string[]): Json | undefined {
  if (path.length === 1 || Object.hasOwn(line, name)) return Object.hasOwn(line, name) ? line[name] : undefined;
  let at: Json = line;
  for (const part of path) {
    if (typeof at !== "object" || at === null || Array.isArray(at) || !Object.hasOwn(at, part)) return undefined;
    at = (at as Members)[part] as Json;
  }
  return at;
}
