import type { Checked } from "./checked.ts";
import type { Plan, PlanContext, Probe } from "./plan-context.ts";
import { probe } from "./plan-probe.ts";

/** `a | "x"`, `a | b | "x"`, `m["k"] | "x"`, `string(n) | "x"`: reads until one is there, with no failure in between. */
export function fuseDefault(operands: readonly Checked[], context: PlanContext): Plan | undefined {
  const last = operands.at(-1);
  if (last?.op !== "constant") return undefined;
  const sides = operands.slice(0, -1);
  const [a, b] = sides;
  if (a?.op === "attribute" && sides.length === 1) return oneSlot(a.slot, last.value);
  if (a?.op === "attribute" && b?.op === "attribute" && sides.length === 2) return twoSlots(a.slot, b.slot, last.value);
  const probes: Probe[] = [];
  for (const side of sides) {
    const found = probe(side, context);
    if (!found) return undefined;
    probes.push(found.read);
  }
  const [only, more] = probes;
  return only && !more ? oneProbe(only, last.value) : manyProbes(probes, last.value);
}

function oneSlot(slot: number, fallback: unknown): Plan {
  return (values) => {
    const value = values[slot];
    return value === undefined ? fallback : value;
  };
}

function twoSlots(first: number, second: number, fallback: unknown): Plan {
  return (values) => {
    const value = values[first];
    if (value !== undefined) return value;
    const other = values[second];
    return other === undefined ? fallback : other;
  };
}

function oneProbe(read: Probe, fallback: unknown): Plan {
  return (values) => {
    const value = read(values);
    return value === undefined ? fallback : value;
  };
}

function manyProbes(probes: readonly Probe[], fallback: unknown): Plan {
  return (values) => {
    for (let i = 0; i < probes.length; i++) {
      const value = (probes[i] as Probe)(values);
      if (value !== undefined) return value;
    }
    return fallback;
  };
}
