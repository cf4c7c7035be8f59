import type { LooseSpan, SpanPiece, SpanSurroundings, WrapSpans } from "../../../schemas/model/span.ts";

/** Bytes of spans that gather before they leave. */
const fullBytes = 524_288;

/** Spans on their way out: those with the same surroundings leave together. */
export class Outgoing {
  readonly #wrap: WrapSpans;
  readonly #send: (piece: SpanPiece) => void;
  #groups = new Map<SpanSurroundings, LooseSpan[]>();
  #bytes = 0;

  constructor(wrap: WrapSpans, send: (piece: SpanPiece) => void) {
    this.#wrap = wrap;
    this.#send = send;
  }

  /** Takes a span, whose bytes stay as they are until it has left. */
  add(around: SpanSurroundings, bytes: Uint8Array, threshold: string | undefined): void {
    const group = this.#groups.get(around);
    if (group === undefined) this.#groups.set(around, [{ bytes, threshold }]);
    else group.push({ bytes, threshold });
    this.#bytes += bytes.length;
    if (this.#bytes >= fullBytes) this.flush();
  }

  /** Sends all that has gathered. */
  flush(): void {
    if (this.#groups.size === 0) return;
    const groups = this.#groups;
    this.#groups = new Map();
    this.#bytes = 0;
    for (const [around, spans] of groups) for (const piece of this.#wrap(around, spans)) this.#send(piece);
  }
}
