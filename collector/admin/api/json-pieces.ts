/** Characters to gather before others get their turn: some tenths of a millisecond of work. */
const pieceLength = 64 * 1024;
/** How far down lists are written item by item. */
const maxDepth = 3;

/** Writes an answer as JSON, with the event loop running in between, so that a large one holds nobody up. */
export async function writeJson(value: object): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let waiting = "";
  for (const piece of parts(value, 0)) {
    waiting += piece;
    if (waiting.length < pieceLength) continue;
    pieces.push(Buffer.from(waiting));
    waiting = "";
    await new Promise(setImmediate);
  }
  pieces.push(Buffer.from(waiting));
  return Buffer.concat(pieces);
}

function* parts(value: unknown, depth: number): Generator<string> {
  if (typeof value !== "object" || value === null || depth > maxDepth) yield JSON.stringify(value) ?? "null";
  else if (Array.isArray(value)) yield* listParts(value, depth);
  else yield* objectParts(value, depth);
}

function* listParts(items: readonly unknown[], depth: number): Generator<string> {
  // Plain values, such as those of a line of a chart, are few enough to go at once.
  if (typeof items[0] !== "object" || items[0] === null) yield JSON.stringify(items);
  else {
    let before = "[";
    for (const item of items) {
      yield before;
      yield* parts(item, depth + 1);
      before = ",";
    }
    yield "]";
  }
}

function* objectParts(value: object, depth: number): Generator<string> {
  let before = "{";
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue;
    yield `${before}${JSON.stringify(key)}:`;
    yield* parts(member, depth + 1);
    before = ",";
  }
  yield before === "{" ? "{}" : "}";
}
