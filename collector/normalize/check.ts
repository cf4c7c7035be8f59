import type { ProxiedCheck } from "../../schemas/model/check-request.ts";
import type { AttributeRecord, Projection } from "../../schemas/model/record.ts";
import { checkReaders } from "./check/readers.ts";
import { CheckScene } from "./check/scene.ts";
import { createFillers, type Filler, type FillerOptions, fill } from "./fillers.ts";
import type { RouteTemplates } from "./route-templates.ts";

/** What a normalizer of checks works with. */
export interface CheckNormalizerOptions extends FillerOptions {
  readonly routes: RouteTemplates;
  /** The slots that only those read who are told of decisions. */
  readonly told?: Projection;
}

/** Brings the requests that proxies ask about into the vocabulary. */
export interface CheckNormalizer {
  /** Fills a record that was reset with what decides: every slot of the projection is written, absent values too. */
  fill(check: ProxiedCheck, record: AttributeRecord): void;
  /** Adds what is told of a decision; what a checker has filled in stays. */
  fillTold(check: ProxiedCheck, record: AttributeRecord): void;
}

/** Makes a normalizer of checks. */
export function createCheckNormalizer(options: CheckNormalizerOptions): CheckNormalizer {
  const { projection, told } = options;
  const fillers = createFillers(options, checkReaders);
  const toldFillers = told === undefined ? [] : createFillers({ ...options, projection: told }, checkReaders);
  const missing = toldFillers.filter(({ slot }) => !projection.has(slot));
  const scene = new CheckScene(options);
  return {
    fill(check, record) {
      scene.begin(check);
      fill(fillers, scene, record.values);
    },
    fillTold(check, record) {
      if (scene.check !== check) scene.begin(check);
      fillEmpty(missing, scene, record.values);
    },
  };
}

function fillEmpty(fillers: readonly Filler<CheckScene>[], scene: CheckScene, values: AttributeRecord["values"]): void {
  for (const { slot, read } of fillers) if (values[slot] === undefined) values[slot] = read(scene);
}
