import { type AttributeName, slotOf } from "../../schemas/attributes/vocabulary.ts";
import type { AccessLogEntry, StreamOrigin } from "../../schemas/model/access-log.ts";
import type { AttributeRecord, Projection } from "../../schemas/model/record.ts";
import { type ConnectionTable, tellsNews } from "./connection-table.ts";
import type { EnrichTables } from "./enrich.ts";
import { createMemos } from "./memos.ts";
import { commonReaders } from "./readers/common.ts";
import { httpReaders } from "./readers/http.ts";
import type { Read, Readers } from "./readers/reader.ts";
import { tcpReaders } from "./readers/tcp.ts";
import type { RouteTemplates } from "./route-templates.ts";
import { Scene } from "./scene.ts";

/** What a normalizer works with. */
export interface AccessLogNormalizerOptions {
  /** The attributes that are read downstream; no other is worked out. */
  readonly projection: Projection;
  readonly enrich: EnrichTables;
  readonly routes: RouteTemplates;
  /** Shared by all normalizers that see the same proxies, before and after a reload. */
  readonly connections: ConnectionTable;
}

/** Fills a record that was reset from an entry that is valid during the call. */
export type NormalizeEntry = (entry: AccessLogEntry, record: AttributeRecord) => void;

/** Brings the entries of Envoy's access log into the vocabulary. */
export interface AccessLogNormalizer {
  /** What to do with the entries of a stream; worked out once for each origin. */
  forOrigin(origin: StreamOrigin): NormalizeEntry;
}

interface Filler {
  readonly slot: number;
  readonly read: Read;
}

/** Compiles a projection into the fillers that it needs. Weight is always filled in, since everything is counted by it. */
export function createAccessLogNormalizer(options: AccessLogNormalizerOptions): AccessLogNormalizer {
  const { projection } = options;
  const http = fillersOf(projection, { ...commonReaders, ...httpReaders });
  const tcp = fillersOf(projection, { ...commonReaders, ...tcpReaders });
  const surroundings = { ...options, memos: createMemos() };
  const known = new WeakMap<StreamOrigin, NormalizeEntry>();

  function forOrigin(origin: StreamOrigin): NormalizeEntry {
    const scene = new Scene(origin, surroundings);
    return (entry, record) => {
      scene.begin(entry);
      if (entry.kind === "http") {
        record.final = isFinal(entry);
        fill(http, scene, record.values);
      } else {
        record.final = tellsNews(scene.growth);
        fill(tcp, scene, record.values);
      }
    };
  }

  return {
    forOrigin(origin) {
      let normalize = known.get(origin);
      if (normalize === undefined) {
        normalize = forOrigin(origin);
        known.set(origin, normalize);
      }
      return normalize;
    },
  };
}

const countingSlots: readonly number[] = [slotOf("context.weight")];

function fillersOf(projection: Projection, readers: Readers): Filler[] {
  const names = Object.keys(readers) as AttributeName[];
  return names.flatMap((name) => {
    const slot = slotOf(name);
    const read = readers[name];
    return read !== undefined && (projection.has(slot) || countingSlots.includes(slot)) ? [{ slot, read }] : [];
  });
}

function fill(fillers: readonly Filler[], scene: Scene, values: AttributeRecord["values"]): void {
  for (let i = 0; i < fillers.length; i++) {
    const filler = fillers[i] as Filler;
    values[filler.slot] = filler.read(scene);
  }
}

const NOT_SET = 0;
const DOWNSTREAM_END = 6;

/** Whether an HTTP entry is the one that counts its request; loggers of old Envoys do not say which entry it is. */
function isFinal({ accessLogType, duration }: AccessLogEntry): boolean {
  return accessLogType === DOWNSTREAM_END || (accessLogType === NOT_SET && duration !== undefined);
}
