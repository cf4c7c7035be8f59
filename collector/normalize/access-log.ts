import type { Vocabulary } from "../../schemas/attributes/vocabulary.ts";
import type { AccessLogEntry, StreamOrigin } from "../../schemas/model/access-log.ts";
import type { FindDecision } from "../../schemas/model/decision.ts";
import type { AttributeRecord, Projection } from "../../schemas/model/record.ts";
import { type ConnectionTable, tellsNews } from "./connection-table.ts";
import type { EnrichTables } from "./enrich.ts";
import { createFillers, fill } from "./fillers.ts";
import { createMemos } from "./memos.ts";
import { commonReaders } from "./readers/common.ts";
import { httpReaders } from "./readers/http.ts";
import { tcpReaders } from "./readers/tcp.ts";
import type { RouteTemplates } from "./route-templates.ts";
import { Scene } from "./scene.ts";

/** What a normalizer works with. */
export interface AccessLogNormalizerOptions {
  /** The attributes that are read downstream; no other is worked out. */
  readonly projection: Projection;
  /** Whose slots these are; the built-in attributes if absent. */
  readonly vocabulary?: Vocabulary;
  readonly enrich: EnrichTables;
  readonly routes: RouteTemplates;
  /** Shared by all normalizers that see the same proxies, before and after a reload. */
  readonly connections: ConnectionTable;
  /** Finds the hub's own decision on a request; none is known if absent. */
  readonly findDecision?: FindDecision;
}

/** Fills a record that was reset from an entry that is valid during the call. */
export type NormalizeEntry = (entry: AccessLogEntry, record: AttributeRecord) => void;

/** Brings the entries of Envoy's access log into the vocabulary. */
export interface AccessLogNormalizer {
  /** What to do with the entries of a stream; worked out once for each origin. */
  forOrigin(origin: StreamOrigin): NormalizeEntry;
}

/**
 * Compiles a projection into the fillers that it needs. Every slot of it that access logs can fill is written for every
 * entry, absent values too; so is the weight, by which everything is counted.
 */
export function createAccessLogNormalizer(options: AccessLogNormalizerOptions): AccessLogNormalizer {
  const http = createFillers(options, { ...commonReaders, ...httpReaders });
  const tcp = createFillers(options, { ...commonReaders, ...tcpReaders });
  const surroundings = { findDecision: () => undefined, ...options, memos: createMemos() };
  const known = new WeakMap<StreamOrigin, NormalizeEntry>();

  function normalizeFrom(origin: StreamOrigin): NormalizeEntry {
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
        normalize = normalizeFrom(origin);
        known.set(origin, normalize);
      }
      return normalize;
    },
  };
}

const NOT_SET = 0;
const DOWNSTREAM_END = 6;

/** Whether an HTTP entry is the one that counts its request; loggers of old Envoys do not say which entry it is. */
function isFinal({ accessLogType, duration }: AccessLogEntry): boolean {
  return accessLogType === DOWNSTREAM_END || (accessLogType === NOT_SET && duration !== undefined);
}
