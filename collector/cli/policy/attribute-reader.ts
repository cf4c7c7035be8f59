import type { Vocabulary } from "../../../schemas/attributes/vocabulary.ts";
import type { Json } from "../../../schemas/model/access-log.ts";
import { AttributeRecord, createProjection } from "../../../schemas/model/record.ts";
import type { Value } from "../../../schemas/model/value.ts";
import { HubError } from "../../errors.ts";
import { createJsonNormalizer } from "../../normalize/json-record.ts";
import { createRouteTemplates } from "../../normalize/route-templates.ts";

/** Reads attributes as cases write them, by name, into values of their types. */
export function createAttributeReader(vocabulary: Vocabulary) {
  const slots = vocabulary.attributes.map((_, slot) => slot);
  const routes = createRouteTemplates({ templates: [], learn: false, maxTemplates: 1 });
  const read = createJsonNormalizer({ vocabulary, projection: createProjection(slots), routes }).forOrigin({
    kind: "report",
  });
  return (attributes: Readonly<Record<string, unknown>>): Readonly<Record<string, Value>> => {
    const record = new AttributeRecord(slots.length);
    const problem = read({ index: 0, value: attributes as Json }, record);
    if (problem !== undefined) throw new HubError("CONFIG_INVALID", `answers: ${problem.error}`);
    return Object.fromEntries(
      Object.keys(attributes).flatMap((name) => {
        const value = record.values[vocabulary.slot(name) ?? -1];
        return value === undefined ? [] : [[name, value]];
      }),
    );
  };
}
