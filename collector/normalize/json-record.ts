import { type AttributeName, slotOf, type Vocabulary } from "../../schemas/attributes/vocabulary.ts";
import type { Json } from "../../schemas/model/access-log.ts";
import { nearest } from "../../schemas/model/nearest.ts";
import type { RawRecord, RecordProblem, ReportOrigin } from "../../schemas/model/raw-record.ts";
import type { AttributeRecord, Projection } from "../../schemas/model/record.ts";
import { memoizeByText } from "./bounded-cache.ts";
import { requestDerivations } from "./derivations.ts";
import { createDeriver } from "./derive.ts";
import { type ReadValue, readByType, readHeaders, readWeight, Unfit } from "./json-values.ts";
import type { RouteTemplates } from "./route-templates.ts";

/** What a normalizer of records by attribute name works with. */
export interface JsonNormalizerOptions {
  readonly vocabulary: Vocabulary;
  /** The attributes that are read downstream; the others are checked and not kept. */
  readonly projection: Projection;
  readonly routes: RouteTemplates;
  /** Fills in what is known of the decision on a record's request; nothing, if absent. */
  readonly join?: ((record: AttributeRecord) => void) | undefined;
}

/** Fills a record that was reset from a value of JSON, or says why it cannot. A record that was refused is to be reset. */
export type NormalizeReport = (raw: RawRecord, record: AttributeRecord) => RecordProblem | undefined;

interface Attribute {
  readonly slot: number;
  readonly read: ReadValue;
  readonly kept: boolean;
  /** Whether something is derived from it. */
  readonly derives: boolean;
}

/** Brings reports by attribute name into records. */
export interface JsonNormalizer {
  /** What to do with the records of one report; of its misspelt names the first few get suggestions. */
  forOrigin(report: ReportOrigin): NormalizeReport;
}

/** Compiles a vocabulary into a reader of `{ attribute: value }`: one bad member refuses the record. */
export function createJsonNormalizer({ vocabulary, projection, routes, join }: JsonNormalizerOptions): JsonNormalizer {
  const deriver = createDeriver(requestDerivations(routes), projection);
  const attributes = attributesOf(vocabulary, projection, deriver.uses);
  const keepsSignal = projection.has(signalSlot);
  const suggest = memoizeByText(MAX_REMEMBERED, (name) => nearest(name, attributes.keys()));

  const known = new WeakMap<ReportOrigin, NormalizeReport>();

  function forReport(): NormalizeReport {
    let suggestions = MAX_SUGGESTIONS;
    const suggestFor = (name: string) => (suggestions-- > 0 && name.length <= MAX_NAME ? suggest(name) : undefined);
    return ({ value }, record) => {
      if (typeof value !== "object" || value === null || Array.isArray(value))
        return { reason: "not_an_object", error: `expected an object of attributes, got ${kindOf(value)}` };
      const members = value as { readonly [name: string]: Json };
      deriver.begin();
      for (const name of Object.keys(members)) {
        const attribute = attributes.get(name);
        if (attribute === undefined) return unknownAttribute(name, suggestFor(name));
        const given = members[name] as Json;
        if (given === null) continue;
        const read = attribute.read(given);
        if (read instanceof Unfit) return wrongType(name, read, given);
        if (attribute.kept) record.values[attribute.slot] = read;
        if (attribute.derives) deriver.note(attribute.slot, read);
      }
      if (keepsSignal) record.values[signalSlot] = "report";
      deriver.finish(record);
      join?.(record);
      return undefined;
    };
  }

  return {
    forOrigin(report) {
      let normalize = known.get(report);
      if (normalize === undefined) {
        normalize = forReport();
        known.set(report, normalize);
      }
      return normalize;
    },
  };
}

/** Looking for the nearest name takes some 0.1 ms: enough for typos, too little to keep the hub busy. */
const MAX_SUGGESTIONS = 32;
const MAX_NAME = 128;
const MAX_REMEMBERED = 256;

const signalSlot = slotOf("context.signal");

function attributesOf(
  { attributes }: Vocabulary,
  projection: Projection,
  uses: ReadonlySet<number>,
): ReadonlyMap<string, Attribute> {
  const entry = ({ name, type }: Vocabulary["attributes"][number], slot: number): [string, Attribute] => {
    const read = special[name as AttributeName] ?? readByType[type];
    return [name, { slot, read, kept: projection.has(slot), derives: uses.has(slot) }];
  };
  return new Map(attributes.map(entry));
}

/** Attributes of which the type says too little. */
const special: { readonly [Name in AttributeName]?: ReadValue } = {
  "context.weight": readWeight,
  "request.headers": readHeaders,
  "response.headers": readHeaders,
  "response.trailers": readHeaders,
};

function unknownAttribute(name: string, suggestion: string | undefined): RecordProblem {
  const hint = suggestion === undefined ? "" : `. Did you mean "${suggestion}"?`;
  return { reason: "unknown_attribute", error: `unknown attribute ${shown(name)}${hint}` };
}

function wrongType(name: string, { expected }: Unfit, given: Json): RecordProblem {
  return { reason: "wrong_type", error: `${name}: expected ${expected}, got ${kindOf(given)}` };
}

const MAX_SHOWN = 64;

function shown(text: string): string {
  return JSON.stringify(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text);
}

/** What came, in words; short texts and numbers are shown. */
function kindOf(value: Json): string {
  if (typeof value === "string") return `the text ${shown(value)}`;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : "an object";
}
