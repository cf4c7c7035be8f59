import type { Quarantine } from "./quarantine.ts";
import { type Segment, type SegmentList, segmentName } from "./segment-list.ts";

/** What damages are set aside with. */
export interface DamagesOptions {
  readonly segments: SegmentList;
  readonly quarantine: Quarantine;
  quarantined(records: number, bytes: number, file: string): void;
}

/** A stretch of a segment that is no sound records. */
export interface Damage {
  readonly segment: Segment;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

/** What was found since the last sound record. How many records went with it shows with the next one. */
export class Damages {
  readonly #options: DamagesOptions;
  #found: Damage[] = [];

  constructor(options: DamagesOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#found.length === 0;
  }

  add(damage: Damage): void {
    this.#found.push(damage);
  }

  /** What was found is nobody's loss: it had been done with. */
  forget(): void {
    this.#found = [];
  }

  /** Sets aside what was found, and counts the records that are missing from a position on. `at`: the segment where that showed. */
  async settle(records: number, firstPosition: number, at: Segment | undefined): Promise<void> {
    let missing = records;
    for (const damage of this.#found.splice(0)) {
      await this.#setAside(damage, missing, firstPosition);
      missing = 0;
    }
    if (missing > 0) await this.#noteMissing(missing, firstPosition, at === undefined ? "" : segmentName(at.first));
  }

  async #setAside({ segment, from, to, reason }: Damage, records: number, firstPosition: number): Promise<void> {
    const { quarantine, segments } = this.#options;
    const file = segmentName(segment.first);
    const note = { file, from, to, records, firstPosition, reason };
    const isWhole = from === 0 && to >= segment.bytes && segment !== segments.newest;
    const isNew = await (isWhole
      ? quarantine.takeSegment(segment.first, note)
      : quarantine.takeRange(segment.first, note));
    if (isWhole) {
      segments.remove(segment);
      if (records > 0) await quarantine.noteMissing(note);
    }
    if (isNew) this.#options.quarantined(records, to - from, file);
  }

  async #noteMissing(records: number, firstPosition: number, file: string): Promise<void> {
    const reason = "the records before this place are missing, and so are their bytes";
    const note = { file, from: 0, to: 0, records, firstPosition, reason };
    if (await this.#options.quarantine.noteMissing(note)) this.#options.quarantined(records, 0, file);
  }
}
