import type { LooseSpan, ScopeOfSpans, SpanPiece, SpanSurroundings, WrapSpans } from "../../../schemas/model/span.ts";

/** Bytes that gather before they leave. */
const fullBytes = 524_288;

/** Spans on their way out: those of one resource leave together. */
export class Outgoing {
  readonly #wrap: WrapSpans;
  readonly #send: (piece: SpanPiece) => void;
  #resources = new Map<Uint8Array, Map<Uint8Array, LooseSpan[]>>();
  #bytes = 0;

  constructor(wrap: WrapSpans, send: (piece: SpanPiece) => void) {
    this.#wrap = wrap;
    this.#send = send;
  }

  /** Takes a span, whose bytes stay as they are until it has left. The same object stands for the same surroundings. */
  add({ resource, scope }: SpanSurroundings, bytes: Uint8Array, threshold: string | undefined): void {
    const scopes = this.#resources.get(resource) ?? new Map<Uint8Array, LooseSpan[]>();
    const spans = scopes.get(scope);
    if (spans !== undefined) spans.push({ bytes, threshold });
    else {
      this.#resources.set(resource, scopes.set(scope, [{ bytes, threshold }]));
      this.#bytes += scope.length;
    }
    this.#bytes += bytes.length;
    if (this.#bytes >= fullBytes) this.flush();
  }

  /** Sends all that has gathered. */
  flush(): void {
    if (this.#bytes === 0) return;
    const resources = this.#resources;
    this.#resources = new Map();
    this.#bytes = 0;
    for (const [resource, scopes] of resources) {
      const all = [...scopes].map(([scope, spans]): ScopeOfSpans => ({ scope, spans }));
      for (const piece of this.#wrap(resource, all)) this.#send(piece);
    }
  }
}
