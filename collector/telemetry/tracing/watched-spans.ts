import { ownService } from "../../../schemas/model/own-spans.ts";
import type { RawSpan, SpanBatch } from "../../../schemas/model/span.ts";

/** A batch that notes whether spans of a hub's own work are among those that are read of it: told of, they would go round for ever. */
export class WatchedSpans implements SpanBatch {
  readonly #batch: SpanBatch;
  hasOwn = false;

  constructor(batch: SpanBatch) {
    this.#batch = batch;
  }

  next(): RawSpan | undefined {
    const span = this.#batch.next();
    this.hasOwn ||= span?.resource.attributes.get("service.name") === ownService;
    return span;
  }

  cut(...given: Parameters<SpanBatch["cut"]>): ReturnType<SpanBatch["cut"]> {
    return this.#batch.cut(...given);
  }

  lift(...given: Parameters<SpanBatch["lift"]>): ReturnType<SpanBatch["lift"]> {
    return this.#batch.lift(...given);
  }

  get source(): string {
    return this.#batch.source;
  }

  get malformed(): number {
    return this.#batch.malformed;
  }

  get place(): number {
    return this.#batch.place;
  }
}
