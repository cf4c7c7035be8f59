import type { Adapter, Aggregator, Host } from "../../adapters/adapter.ts";
import type { InstanceDeclaration, Template } from "../../schemas/model/instance.ts";
import { HubError } from "../errors.ts";
import { createDirectLane, type DirectLaneEvents } from "./direct-lane.ts";
import type { Lane } from "./lane.ts";

/** A handler as configured: its adapter, its checked settings, and what rules send it. */
export interface HandlerSource {
  readonly name: string;
  readonly adapter: Adapter;
  readonly params: unknown;
  readonly instances: readonly InstanceDeclaration[];
}

/** What opening handlers needs from the hub. */
export interface HandlersOptions {
  /** The collaborators of one handler. */
  hostFor(source: HandlerSource): Host;
  readonly events: DirectLaneEvents;
}

/** The open handlers. */
export interface Handlers {
  /**
   * Brings the open handlers in line with a configuration. New and changed ones are opened before anything is closed;
   * unchanged ones are not touched. Rejects with HANDLER_OPEN_FAILED, in which case nothing has changed.
   */
  prepare(sources: ReadonlyMap<string, HandlerSource>): Promise<PreparedHandlers>;
  close(): Promise<void>;
}

/** Handlers ready to take over. */
export interface PreparedHandlers {
  /** The lanes of the new configuration. */
  readonly lanes: ReadonlyMap<string, Lane>;
  /** Makes the change: new definitions hold when the call returns, so it goes with the swap of the plan. Rejects if something that moves with them failed, such as a listener. */
  commit(): Promise<void>;
  /** Closes what the new configuration no longer has, after the swap. */
  retire(): Promise<void>;
}

interface OpenHandler {
  readonly source: HandlerSource;
  readonly aggregator: Aggregator<Template>;
  readonly lane: Lane;
}

/** Creates the set of open handlers, empty at first. */
export function createHandlers({ hostFor, events }: HandlersOptions): Handlers {
  let open = new Map<string, OpenHandler>();

  const openOne = async (source: HandlerSource): Promise<OpenHandler> => {
    try {
      const opened = await source.adapter.open(source.params, hostFor(source));
      if (!("record" in opened)) throw new Error(`adapter ${source.adapter.type} is not an aggregator`);
      return { source, aggregator: opened, lane: createDirectLane(source.name, opened, events) };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new HubError("HANDLER_OPEN_FAILED", `handler ${source.name}: ${reason}`, { cause: error });
    }
  };

  return {
    async prepare(sources) {
      const next = new Map<string, OpenHandler>();
      const opened: OpenHandler[] = [];
      const kept: { readonly handler: OpenHandler; readonly source: HandlerSource }[] = [];
      try {
        for (const source of sources.values()) {
          const current = open.get(source.name);
          if (current !== undefined && current.source.adapter === source.adapter && canStay(current, source)) {
            if (!sameSource(current.source, source)) kept.push({ handler: current, source });
            next.set(source.name, { ...current, source });
            continue;
          }
          const handler = await openOne(source);
          opened.push(handler);
          next.set(source.name, handler);
        }
      } catch (error) {
        await Promise.all(opened.map(({ aggregator }) => aggregator.close()));
        throw error;
      }
      const lanes = new Map([...next].map(([name, { lane }]) => [name, lane]));
      const before = open;
      return {
        lanes,
        async commit() {
          open = next;
          await Promise.all(
            kept.map(({ handler, source }) => handler.aggregator.reconfigure?.(source.params, source.instances)),
          );
        },
        async retire() {
          const gone = [...before].filter(([name, { aggregator }]) => next.get(name)?.aggregator !== aggregator);
          await Promise.all(gone.map(([, { aggregator }]) => aggregator.close()));
        },
      };
    },
    async close() {
      await Promise.all([...open.values()].map(({ aggregator }) => aggregator.close()));
      open.clear();
    },
  };
}

function canStay(current: OpenHandler, source: HandlerSource): boolean {
  return sameSource(current.source, source) || current.aggregator.reconfigure !== undefined;
}

function sameSource(a: HandlerSource, b: HandlerSource): boolean {
  return JSON.stringify([a.params, a.instances]) === JSON.stringify([b.params, b.instances]);
}
