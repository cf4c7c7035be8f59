import type { RejectedSpan } from "../../../schemas/model/span.ts";
import type { PartialSuccess } from "../../decode/otlp/answers.ts";

/** Everything was taken. */
export const allTaken: PartialSuccess = { rejected: 0, message: "" };

/** What a sender is told of the items that were refused: the first few by name. */
export function toPartialSuccess(
  items: string,
  total: number,
  rejected: number,
  told: readonly RejectedSpan[],
): PartialSuccess {
  if (rejected === 0) return allTaken;
  const more = rejected > told.length ? `; and ${rejected - told.length} more` : "";
  const reasons = told.map(({ error }) => error).join("; ");
  return { rejected, message: `${rejected} of ${total} ${items} refused: ${reasons}${more}` };
}
