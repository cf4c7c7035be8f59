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
  readonly client: HeldSpan | undefined;
  readonly server: HeldSpan | undefined;
}

/** Writes the attributes of a call as one of its spans tells them, but for the sides. */
export function writeCall(values: Values, told: HeldSpan, { client, server }: Sides): void {
  const { slots, parts } = told.layout;
  for (let place = 0; place < slots.length; place++) {
    const slot = slots[place] as number;
    const part = parts[place];
    if (part === "source") values[slot] = own(client, slot, part) ?? seen(server, slot, part);
    else if (part === "destination") values[slot] = own(server, slot, part) ?? seen(client, slot, part);
    else if (part === "service") values[slot] = serviceOf(slot, client, server);
    else values[slot] = told.values[place];
  }
}

/** What a span tells of its own maker, as an attribute of this side. */
function own(held: HeldSpan | undefined, slot: number, part: "source" | "destination"): Value | undefined {
  if (held === undefined) return undefined;
  const side = sideOf(held);
  if (side === undefined) return undefined;
  const place = held.layout.placeOf(slot);
  return held.values[side === part ? place : mirrorOf(held.layout, place)];
}

/** What a span tells of the other side. */
function seen(held: HeldSpan | undefined, slot: number, part: "source" | "destination"): Value | undefined {
  if (held === undefined || sideOf(held) === part || sideOf(held) === undefined) return undefined;
  return held.at(slot);
}

/** The service that is called, as it calls itself; a gateway's attributes name the next one, so that it goes by its own name. */
function serviceOf(slot: number, client: HeldSpan | undefined, server: HeldSpan | undefined): Value | undefined {
  const asked = client && sideOf(client) === "source" ? client : undefined;
  if (server === undefined) return asked?.at(slot);
  if (sideOf(server) === "source") {
    if (slot === serviceSlot) return server.facts.name;
    return slot === namespaceSlot ? server.facts.namespace : undefined;
  }
  return server.at(serviceSlot) === undefined ? asked?.at(slot) : server.at(slot);
}

const mirrorOf = (layout: Layout, place: number): number => layout.mirrors[place] ?? -1;
