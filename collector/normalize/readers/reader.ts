import type { AttributeName } from "../../../schemas/attributes/vocabulary.ts";
import type { Value } from "../../../schemas/model/value.ts";
import type { Scene } from "../scene.ts";

/** Works one attribute out; undefined where it is absent. */
export type Read = (scene: Scene) => Value | undefined;

/** How attributes are read, by name. */
export type Readers = { readonly [Name in AttributeName]?: Read };
