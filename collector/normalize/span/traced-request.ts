import type { DecidedRequest } from "../../../schemas/model/decision.ts";
import { type RawSpan, type SpanKey, spanKeyNumber } from "../../../schemas/model/span.ts";
import type { TextHasher } from "../../../schemas/model/text-hasher.ts";
import { toMillis } from "../../../schemas/model/value.ts";

const idKeys = [spanKeyNumber("guid:x-request-id")];
const methodKeys = (["http.request.method", "http.method"] as const satisfies readonly SpanKey[]).map(spanKeyNumber);

/** A span in the light of its resource, as far as decisions go. */
interface Traced {
  readonly span: RawSpan;
  readonly urlPath: string | undefined;
  readonly authority: string | undefined;
  text(numbers: readonly number[]): string | undefined;
}

/** The request of the span that a scene is turned to. */
export class TracedRequest implements DecidedRequest {
  readonly told = undefined;
  readonly local = undefined;
  readonly #scene: Traced;

  constructor(scene: Traced) {
    this.#scene = scene;
  }

  hashId(hash: TextHasher): boolean {
    const id = this.#scene.text(idKeys);
    if (id !== undefined) hash.text(id);
    return id !== undefined;
  }

  hashToldId(): boolean {
    return false;
  }

  get method(): string | undefined {
    return this.#scene.text(methodKeys);
  }

  get path(): string | undefined {
    return this.#scene.urlPath;
  }

  get host(): string | undefined {
    return this.#scene.authority;
  }

  get endMs(): number | undefined {
    const { endTime } = this.#scene.span;
    return endTime && toMillis(endTime);
  }
}
