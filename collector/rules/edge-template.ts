import type { EdgeInstance, EdgePeer } from "../../schemas/model/instance.ts";
import type { Expression, Slots } from "../expr/expression.ts";
import { type Field, type InstanceMaker, slotsReadBy } from "./instance-maker.ts";
import { toLabelText } from "./label-text.ts";
import { createRecordTime } from "./record-time.ts";

/** What an edge is made from; a structural subset of the checked configuration. */
export interface EdgeSource {
  readonly template: "edge";
  readonly declaration: { readonly name: string };
  readonly source: readonly Field[];
  readonly destination: readonly Field[];
  readonly protocol: Expression;
  readonly timestamp: Expression;
  readonly redact: boolean;
}

/** A maker of edges. Without a word about either side there is none. */
export function createEdgeMaker(source: EdgeSource, now: () => number): InstanceMaker {
  const { protocol, timestamp } = source;
  const { name } = source.declaration;
  const timeOf = createRecordTime(timestamp, now);
  const sourceOf = createPeer(source.source);
  const destinationOf = createPeer(source.destination);
  const fields = [...source.source, ...source.destination];
  let skipped = 0;
  return {
    redacts: source.redact,
    slots: slotsReadBy([protocol, timestamp, ...fields.map(({ expression }) => expression)]),
    make(record, serial, see) {
      const values = see(record, serial);
      const from = sourceOf(values);
      const to = destinationOf(values);
      if (from === undefined && to === undefined) {
        skipped++;
        return undefined;
      }
      const edge: EdgeInstance = {
        template: "edge",
        instance: name,
        time: timeOf(values),
        source: from ?? {},
        destination: to ?? {},
        protocol: toLabelText(protocol.evaluate(values), protocol.type) || undefined,
      };
      return edge;
    },
    get skipped() {
      return skipped;
    },
  };
}

/** One side; undefined if nothing is known of it. */
function createPeer(fields: readonly Field[]): (values: Slots) => EdgePeer | undefined {
  return (values) => {
    let peer: Record<string, string> | undefined;
    for (const { name, expression } of fields) {
      const text = toLabelText(expression.evaluate(values), expression.type);
      if (text === "") continue;
      peer ??= {};
      peer[name] = text;
    }
    return peer;
  };
}
