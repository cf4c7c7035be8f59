import { expect, it } from "vitest";
import { slotOf } from "../../schemas/attributes/vocabulary.ts";
import { isAbout } from "./rule-scope.ts";

const [path, domain, signal] = [slotOf("request.path"), slotOf("ratelimit.domain"), slotOf("context.signal")];

it.each([
  ["nothing", [], true, true],
  ["of requests", [path], true, false],
  ["of descriptors", [domain], false, true],
  ["of both", [domain, path], false, true],
  ["which of them it is", [signal, path], true, true],
])("a rule that reads %s", (_, slots, request, descriptor) => {
  expect([isAbout(slots, "request"), isAbout(slots, "descriptor")]).toEqual([request, descriptor]);
});
