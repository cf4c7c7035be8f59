import type { SpanSurroundings } from "../../../schemas/model/span.ts";

/** About what an entry takes beside its bytes: objects, and its bytes once more as the text they are found by. */
const entryBytes = 512;

/** What stands around spans that wait, once for all that have the same. */
export interface Shared extends SpanSurroundings {
  /** What it takes up. */
  readonly size: number;
  /** Traces that have such spans. */
  traces: number;
}

/** Keeps what stands around spans that wait, each once, as long as a trace uses it. */
export class SurroundingsTable {
  /** What all of it takes up. */
  bytes = 0;
  readonly #byText = new Map<string, Shared>();
  #last: { readonly around: SpanSurroundings; readonly text: string } | undefined;

  /** These surroundings, if they are kept. */
  find(around: SpanSurroundings): Shared | undefined {
    return this.#byText.get(this.#textOf(around));
  }

  /** These surroundings for one more trace. */
  use(around: SpanSurroundings): Shared {
    const shared = this.find(around) ?? this.#add(around);
    shared.traces++;
    return shared;
  }

  /** One trace that used them has gone. */
  release(shared: Shared): void {
    if (--shared.traces > 0) return;
    this.#byText.delete(textOf(shared));
    this.bytes -= shared.size;
  }

  #add(around: SpanSurroundings): Shared {
    const { resource, scope } = around;
    const shared: Shared = { resource, scope, size: sizeOf(around), traces: 0 };
    this.#byText.set(this.#textOf(around), shared);
    this.bytes += shared.size;
    return shared;
  }

  /** Spans of one scope come one behind the other, with the same object. */
  #textOf(around: SpanSurroundings): string {
    if (this.#last?.around !== around) this.#last = { around, text: textOf(around) };
    return this.#last.text;
  }
}

/** What `bytes` grows by with these. */
export const sizeOf = ({ resource, scope }: SpanSurroundings): number =>
  entryBytes + 2 * (resource.length + scope.length);

/** One character a byte. The length in front keeps resource and scope apart. */
const textOf = ({ resource, scope }: SpanSurroundings): string =>
  `${resource.length} ${latin1(resource)}${latin1(scope)}`;

const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
