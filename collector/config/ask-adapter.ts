import type { Adapter } from "../../adapters/adapter.ts";
import { errorText } from "../../schemas/model/error-text.ts";
import type { Finding, Report } from "./problem.ts";

/** What an adapter says of its settings; undefined where it throws, which is reported. */
export function askAdapter<T>(
  adapter: Adapter,
  ask: () => T,
  { at, path }: Pick<Finding, "at" | "path">,
  report: Report,
): T | undefined {
  try {
    return ask();
  } catch (error) {
    report({ at, path, message: failedOver(adapter, error) });
    return undefined;
  }
}

/** Says that the schema or the checks of a plug-in threw. */
export function failedOver({ type }: Adapter, error: unknown): string {
  return `the adapter ${type} failed over these settings: ${errorText(error)}`;
}
