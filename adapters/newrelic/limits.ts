import type { AttributeLimits, Attributes } from "./attributes.ts";
import type { Api } from "./endpoints.ts";

/** What each API takes of attributes, those of the common block too. Logs keep long values apart, so they are not cut. */
export const limits: Readonly<Record<Api, AttributeLimits>> = {
  metric: { count: 150, value: 4096 },
  log: { count: 255, value: Number.POSITIVE_INFINITY },
  trace: { count: 255, value: 4095 },
  event: { count: 255, value: 4095 },
};

/** What is left of them beside the common block, which events do not have. */
export function roomBeside(attributes: Attributes): Readonly<Record<Api, AttributeLimits>> {
  const taken = Object.keys(attributes).length;
  const beside = ({ count, value }: AttributeLimits) => ({ count: count - taken, value });
  const { event, metric, log, trace } = limits;
  return { event, metric: beside(metric), log: beside(log), trace: beside(trace) };
}
