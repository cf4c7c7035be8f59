import type { Adapter } from "../../adapters/adapter.ts";

/** Why a plug-in cannot be used, in the words of a problem; the place is where the configuration names it. */
export interface PluginFault {
  readonly message: string;
  readonly expected?: string | undefined;
  readonly suggestion?: string | undefined;
}

/** What became of a plug-in that a configuration names. */
export type PluginOutcome =
  | { readonly ok: true; readonly adapter: Adapter }
  | { readonly ok: false; readonly faults: readonly PluginFault[] };

/** Finds the plug-in that `file` names as the adapter of a handler. Undefined if none was looked for under that name. */
export type FindPlugin = (name: string, file: string) => PluginOutcome | undefined;
