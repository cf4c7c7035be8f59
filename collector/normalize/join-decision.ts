import type { AccessLogEntry, Address } from "../../schemas/model/access-log.ts";
import type { DecidedRequest, FindDecision, JoinedDecision } from "../../schemas/model/decision.ts";
import type { TextHasher } from "../../schemas/model/text-hasher.ts";
import { toMillis } from "../../schemas/model/value.ts";

const filters = { http: "envoy.filters.http.ext_authz", tcp: "envoy.filters.network.ext_authz" };

const idField = ["decision_id"] as const;
const toldFields = ["rule", "revision", "allowed"];

/** PERMISSION_DENIED, which a refusal has that says no more. */
const refused = 7;

/** What a proxy logs of such a request. */
export const unanswered = "ext_authz_error";

/** An entry in the light of its stream, as far as decisions go. */
interface Logged {
  readonly entry: AccessLogEntry;
  readonly urlPath: string | undefined;
}

/** The request of the entry that a scene is turned to. */
export class LoggedRequest implements DecidedRequest {
  readonly #scene: Logged;

  constructor(scene: Logged) {
    this.#scene = scene;
  }

  /** The hub's decision on it. */
  decision(find: FindDecision): JoinedDecision | undefined {
    const decision = find(this);
    return decision === undefined || isUnanswered(this.#scene.entry) ? undefined : decision;
  }

  hashId(hash: TextHasher): boolean {
    return this.#scene.entry.hashRequestId(hash);
  }

  hashToldId(hash: TextHasher): boolean {
    const { entry } = this.#scene;
    return entry.hashFilterField(filters[entry.kind], idField, hash);
  }

  /** What the dynamic metadata of Envoy's filter says; undefined where it is not logged, or not the hub's. */
  get told(): JoinedDecision | undefined {
    const { entry } = this.#scene;
    const fields = entry.filterFields(filters[entry.kind], toldFields);
    if (fields === undefined) return undefined;
    const [rule, revision, allowed] = fields;
    if (typeof rule !== "string" || typeof revision !== "string") return undefined;
    return typeof allowed === "boolean" ? { rule, revision, code: allowed ? 0 : refused } : { rule, revision };
  }

  get method(): string | undefined {
    return this.#scene.entry.requestMethod;
  }

  get path(): string | undefined {
    return this.#scene.urlPath;
  }

  get host(): string | undefined {
    return this.#scene.entry.authority;
  }

  get local(): Address | undefined {
    return this.#scene.entry.downstreamLocalAddress;
  }

  get endMs(): number | undefined {
    const { startTime, duration } = this.#scene.entry;
    return startTime && toMillis(startTime) + Number(duration ?? 0) / 1e6;
  }
}

/** Whether the proxy refused a request since it got no answer: then the decision was its own, whatever the hub had to say. */
const isUnanswered = (entry: AccessLogEntry): boolean =>
  entry.responseFlags !== undefined && entry.responseCodeDetails === unanswered;
