import type { SpanFacts } from "./span-facts.ts";

/** What a step from a span to its child is: a call from one workload to another, a step within one, or neither. */
export type Step = "call" | "within" | "none";

/**
 * Tells what a step is. A workload's own sidecar makes spans, too: steps between the two are no calls, whatever names they
 * go by, while a workload that calls itself over the network does make one.
 */
export function stepOf(parent: SpanFacts, child: SpanFacts): Step {
  if (!child.isExit) return isWithin(parent, child) ? "within" : "call";
  // A call inside of a call: that of a driver below a library, or of the sidecar below its application.
  return parent.isExit && (leavesBySidecar(parent, child) || isSame(parent, child)) ? "within" : "none";
}

function isWithin(parent: SpanFacts, child: SpanFacts): boolean {
  if (leavesBySidecar(parent, child) || entersBySidecar(parent, child)) return true;
  return isSame(parent, child) && (parent.isProxy !== child.isProxy || !parent.isExit);
}

/** From an application to the sidecar that passes its requests on. */
const leavesBySidecar = (parent: SpanFacts, child: SpanFacts): boolean =>
  !parent.isProxy && child.isProxy && child.direction === "outbound" && !child.isGateway;

/** From a sidecar to its application, or to the sidecar's other half if the application makes no spans but hands the context on. */
const entersBySidecar = (parent: SpanFacts, child: SpanFacts): boolean =>
  parent.isProxy && parent.direction === "inbound" && !(child.isProxy && child.direction === "inbound");

/** Whether both name the same workload; a namespace that one of them does not know is no difference. */
function isSame(one: SpanFacts, other: SpanFacts): boolean {
  if (one.name === undefined || one.name !== other.name) return false;
  return one.namespace === undefined || other.namespace === undefined || one.namespace === other.namespace;
}
