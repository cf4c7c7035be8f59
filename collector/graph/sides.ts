import { slotOf } from "../../schemas/attributes/vocabulary.ts";
import type { AttributeRecord } from "../../schemas/model/record.ts";
import type { Value } from "../../schemas/model/value.ts";
import type { HeldSpan } from "./held-span.ts";
import type { Layout } from "./layout.ts";

type Values = AttributeRecord["values"];

const kindSlot = slotOf("context.reporter.kind");
const serviceSlot = slotOf("destination.service.name");
const namespaceSlot = slotOf("destination.service.namespace");

/** The side that a span's maker stands on in its own attributes; undefined where it tells of none. */
export function sideOf(held: HeldSpan): "source" | "destination" | undefined {
  const kind = held.at(kindSlot);
  return kind === "inbound" ? "destination" : kind === "outbound" ? "source" : undefined;
}

/** Writes a span's attributes as they came. */
export function writeSpan(values: Values, { layout, values: held }: HeldSpan): void {
  const { slots } = layout;
  for (let place = 0; place < slots.length; place++) values[slots[place] as number] = held[place];
}

/** Who the two sides of a call are: each told by its own span, else by the other one's. */
export interface Sides {
  readonly client?: HeldSpan | undefined;
  readonly server?: HeldSpan | undefined;
}

/** Writes the attributes of a call as one of its spans tells them, but for the sides. */
export function writeCall(values: Values, { layout, values: told }: HeldSpan, { client, server }: Sides): void {
  const { slots, parts, mirrors } = layout;
  const caller = client && viewOf(client, layout);
  const called = server && viewOf(server, layout);
  for (let place = 0; place < slots.length; place++) {
    const slot = slots[place] as number;
    const mirror = mirrors[place] as number;
    switch (parts[place]) {
      case "source":
        values[slot] =
          own(caller, "source", place, mirror) ?? (called?.side === "destination" ? called.values[place] : undefined);
        break;
      case "destination":
        values[slot] =
          own(called, "destination", place, mirror) ?? (caller?.side === "source" ? caller.values[place] : undefined);
        break;
      case "service":
        values[slot] = serviceOf(slot, place, caller, called);
        break;
      default:
        values[slot] = told[place];
    }
  }
}

/** A span's attributes by place in a layout. */
interface View {
  readonly held: HeldSpan;
  readonly side: "source" | "destination" | undefined;
  readonly values: HeldSpan["values"];
}

/** A span that has waited over a reload may have been laid out otherwise. */
function viewOf(held: HeldSpan, layout: Layout): View {
  const values = held.layout === layout ? held.values : layout.slots.map((slot) => held.at(slot));
  return { held, side: sideOf(held), values };
}

/** What a span tells of its own maker, as an attribute of this side. */
function own(view: View | undefined, part: "source" | "destination", place: number, mirror: number): Value | undefined {
  if (view?.side === undefined) return undefined;
  return view.values[view.side === part ? place : mirror];
}

/** The service that is called, as it calls itself; a gateway's attributes name the next one, so that it goes by its own name. */
function serviceOf(slot: number, place: number, caller: View | undefined, called: View | undefined): Value | undefined {
  const asked = caller?.side === "source" ? caller.values[place] : undefined;
  if (called === undefined) return asked;
  if (called.side !== "source") return called.held.at(serviceSlot) === undefined ? asked : called.values[place];
  if (slot === serviceSlot) return called.held.facts.name;
  return slot === namespaceSlot ? called.held.facts.namespace : undefined;
}
