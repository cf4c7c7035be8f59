import type { ProxiedCheck } from "../../schemas/model/check-request.ts";
import type { AttributeRecord } from "../../schemas/model/record.ts";
import { checkReaders } from "./check/readers.ts";
import { CheckScene } from "./check/scene.ts";
import { createFillers, type FillerOptions, fill } from "./fillers.ts";
import type { RouteTemplates } from "./route-templates.ts";

/** What a normalizer of checks works with. */
export interface CheckNormalizerOptions extends FillerOptions {
  readonly routes: RouteTemplates;
}

/** Fills a record that was reset from a request that a proxy asks about. */
export type NormalizeCheck = (check: ProxiedCheck, record: AttributeRecord) => void;

/** Brings the requests that proxies ask about into the vocabulary: every slot of the projection is written, absent values too. */
export function createCheckNormalizer(options: CheckNormalizerOptions): NormalizeCheck {
  const fillers = createFillers(options, checkReaders);
  const scene = new CheckScene(options);
  return (check, record) => {
    scene.begin(check);
    fill(fillers, scene, record.values);
  };
}
