import type { RejectedSpan } from "../../../schemas/model/span.ts";
import type { PartialSuccess } from "../../decode/otlp/answers.ts";

/** Everything was taken. */
export const allTaken: PartialSuccess = { rejected: 0, message: "" };

/** What a sender is told of the items that were refused: the first few by name. `reasonCount`: how many there are, if not one for each. */
export function toPartialSuccess(
  items: string,
  total: number,
  rejected: number,
  told: readonly RejectedSpan[],
  reasonCount: number = rejected,
): PartialSuccess {
  if (rejected === 0) return allTaken;
  const more = reasonCount > told.length ? `; and ${reasonCount - told.length} more` : "";
  const reasons = told.map(({ error }) => error).join("; ");
  return { rejected, message: `${rejected} of ${total} ${items} refused: ${reasons}${more}` };
}
