import type { Changes, Denial, Verdict } from "../../../schemas/model/verdict.ts";

/** An encoded answer that fits verdicts of the same content, but for their id. */
interface Template {
  readonly denial: Denial | undefined;
  readonly rule: string;
  readonly revision: string;
  readonly isGrpc: boolean;
  readonly bytes: Buffer;
  /** Where the id is. */
  readonly idAt: number;
}

/** Answers kept for one set of changes: that of no changes is everybody's. */
const MAX_EACH = 16;

/**
 * Keeps encoded answers under the identity of what they tell: verdicts from the cache, and those of rules that say the same to all, come with
 * the very same changes and denial. Only what comes again is kept, and goes with its changes.
 */
export class AnswerTemplates {
  readonly #byChanges = new WeakMap<Changes, Template[]>();

  /** The answer to a verdict like one that was encoded before. */
  find({ id, changes, denial, rule, revision }: Verdict, isGrpc: boolean): Uint8Array<ArrayBuffer> | undefined {
    for (const known of this.#byChanges.get(changes) ?? [])
      if (
        known.denial === denial &&
        known.rule === rule &&
        known.isGrpc === isGrpc &&
        known.revision === revision &&
        id.length === uuidLength
      )
        return filled(known, id);
    return undefined;
  }

  /** Keeps an encoded answer, should there be more like it. */
  keep(verdict: Verdict, isGrpc: boolean, answer: Uint8Array<ArrayBuffer>): void {
    const { id, changes, denial, rule, revision, cache } = verdict;
    if ((cache !== "hit" && !Object.isFrozen(changes)) || id.length !== uuidLength) return;
    const bytes = Buffer.from(answer);
    const idAt = bytes.indexOf(id, 0, "latin1");
    if (idAt < 0 || bytes.indexOf(id, idAt + 1, "latin1") >= 0) return;
    const known = this.#byChanges.get(changes) ?? [];
    if (known.length === 0) this.#byChanges.set(changes, known);
    if (known.length === MAX_EACH) known.shift();
    known.push({ denial, rule, revision, isGrpc, bytes, idAt });
  }
}

const uuidLength = 36;

function filled({ bytes, idAt }: Template, id: string): Uint8Array<ArrayBuffer> {
  const answer = Buffer.allocUnsafe(bytes.length);
  bytes.copy(answer);
  for (let i = 0; i < uuidLength; i++) answer[idAt + i] = id.charCodeAt(i);
  return answer;
}
