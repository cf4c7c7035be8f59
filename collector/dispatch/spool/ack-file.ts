import { closeSync, constants, fdatasync, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { promisify } from "node:util";
import { crc32c } from "../../../schemas/model/crc32c.ts";

// Two slots, written in turns, so that a write cut short leaves the other one; far enough apart to lie in different sectors.
//
//   file = slot *OCTET slot     ; at 0 and at 4096
//   slot = turn position crc
//   turn = double               ; the higher one counts
//   position = double
//   crc = uint32                ; CRC-32C of the 16 bytes before it

const slotBytes = 20;
const slotsApart = 4096;

/** Up to where a log is done with, kept on disk so that a crash at any byte leaves the old position or the new one. */
export class AckFile {
  readonly #path: string;
  #file: number | undefined;
  #turn = 0;
  #position = 0;
  #isSaved = true;

  /** Reads the file if there is one; damage means that nothing is known to be done with. */
  constructor(path: string) {
    this.#path = path;
    const file = this.#open();
    if (file === undefined) return;
    reserve(file);
    ({ turn: this.#turn, position: this.#position } = read(file));
  }

  /** The last position that is done with; 0 if none is. */
  get position(): number {
    return this.#position;
  }

  /** Whether the file told a position; without one, it says nothing about what is missing. */
  get isKnown(): boolean {
    return this.#turn > 0;
  }

  /** Moves the position on. Where the disk does not take it, the next call tries again. */
  write(position: number): void {
    this.#position = position;
    this.#isSaved = false;
    this.#save();
  }

  /** Makes the position safe against a power cut. */
  async sync(): Promise<void> {
    this.#save();
    if (this.#file !== undefined) await promisify(fdatasync)(this.#file);
  }

  close(): void {
    this.#save();
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #save(): void {
    const file = this.#isSaved ? undefined : this.#open();
    if (file === undefined) return;
    const slot = Buffer.alloc(slotBytes);
    slot.writeDoubleLE(this.#turn + 1, 0);
    slot.writeDoubleLE(this.#position, 8);
    slot.writeUInt32LE(crc32c(slot, 0, 16), 16);
    try {
      writeSync(file, slot, 0, slotBytes, ((this.#turn + 1) % 2) * slotsApart);
      this.#turn++;
      this.#isSaved = true;
    } catch {
      // The disk is full or fails, which the writer of the log tells; the position is written with the next one.
    }
  }

  #open(): number | undefined {
    try {
      this.#file ??= openSync(this.#path, constants.O_RDWR | constants.O_CREAT, 0o640);
    } catch {
      // As above.
    }
    return this.#file;
  }
}

/** The position that a file tells, without changing anything; undefined if it tells none. */
export function readAck(path: string): number | undefined {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    return undefined;
  }
  const { turn, position } = read(file);
  closeSync(file);
  return turn === 0 ? undefined : position;
}

function read(file: number): { turn: number; position: number } {
  const slots = [0, 1].map((place) => readSlot(file, place));
  return slots.reduce((best, slot) => (slot.turn > best.turn ? slot : best), none);
}

const none = { turn: 0, position: 0 };

function readSlot(file: number, place: number): { turn: number; position: number } {
  const slot = Buffer.alloc(slotBytes);
  if (readSync(file, slot, 0, slotBytes, place * slotsApart) < slotBytes) return none;
  if (slot.readUInt32LE(16) !== crc32c(slot, 0, 16)) return none;
  return { turn: slot.readDoubleLE(0), position: slot.readDoubleLE(8) };
}

/** Takes the room for both slots at once, so that a disk that is full later does not keep positions from being written. */
function reserve(file: number): void {
  try {
    if (fstatSync(file).size > slotsApart) return;
    for (const place of [0, 1]) writeSync(file, Buffer.alloc(slotBytes), 0, slotBytes, place * slotsApart);
  } catch {
    // The disk is full already; positions are written once it is not.
  }
}
