import type { AccessLogEntry, Address, Json } from "../../schemas/model/access-log.ts";
import type { DecidedRequest, FindDecision, JoinedDecision, ToldDecision } from "../../schemas/model/decision.ts";
import { toMillis } from "../../schemas/model/value.ts";

const authzFilters = ["envoy.filters.http.ext_authz", "envoy.filters.network.ext_authz"];

/** PERMISSION_DENIED, which a refusal has that says no more. */
const refused = 7;

/** What a proxy logs where it refused a request since it got no answer: the decision was its own, whatever the hub had to say. */
export const unanswered = "ext_authz_error";

/** An entry in the light of its stream, as far as decisions go. */
interface Logged {
  readonly entry: AccessLogEntry;
  readonly urlPath: string | undefined;
}

/** The request of the entry that a scene is turned to. */
export class LoggedRequest implements DecidedRequest {
  readonly #scene: Logged;
  #told: ToldDecision | null | undefined;

  constructor(scene: Logged) {
    this.#scene = scene;
  }

  /** The hub's decision on it. */
  decision(find: FindDecision): JoinedDecision | undefined {
    this.#told = undefined;
    const decision = find(this);
    return decision === undefined || this.#scene.entry.responseCodeDetails === unanswered ? undefined : decision;
  }

  get id(): string | undefined {
    return this.#scene.entry.requestId ?? this.#scene.entry.streamId;
  }

  get told(): ToldDecision | undefined {
    if (this.#told === undefined) this.#told = toldBy(this.#scene.entry) ?? null;
    return this.#told ?? undefined;
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

/** What the dynamic metadata of Envoy's filter says; undefined where it is not logged, or not the hub's. */
function toldBy(entry: AccessLogEntry): ToldDecision | undefined {
  for (const filter of authzFilters) {
    const metadata = entry.filterMetadata(filter);
    const rule = textOf(metadata?.rule);
    const revision = textOf(metadata?.revision);
    if (rule === undefined || revision === undefined) continue;
    const { allowed, decision_id } = metadata ?? {};
    return {
      ...{ id: textOf(decision_id), rule, revision },
      ...(typeof allowed === "boolean" && { code: allowed ? 0 : refused }),
    };
  }
  return undefined;
}

const textOf = (value: Json | undefined): string | undefined => (typeof value === "string" ? value : undefined);
