import type { Delivery, Host } from "../adapter.ts";
import { openOtlpClient } from "../shared/otlp/client.ts";
import { openMadeSpans } from "../shared/otlp/made-spans.ts";
import { concat, toItems } from "../shared/otlp/relayed.ts";
import { type OtlpConfig, toOtlpSettings } from "./config.ts";
import type { Load } from "./load.ts";
import { Outcome } from "./outcome.ts";

/** One endpoint. */
export interface Backend {
  /** Sends loads, and says what became of them by their place: in one request what is bytes, in another what goes through the SDK. */
  send(loads: readonly Load[], abort: AbortSignal): Promise<Delivery>;
  close(): void;
}

/** Opens the ways to one endpoint. */
export async function openBackend(config: OtlpConfig, endpoint: string, host: Host): Promise<Backend> {
  const settings = toOtlpSettings(config, endpoint);
  const client = await openOtlpClient(settings, host);
  const { log, instances, timeoutMs } = host;
  const { resource } = config;
  const made =
    settings.protocol === "grpc" ? await openMadeSpans(settings, { log, instances, resource, timeoutMs }) : undefined;

  const sendBytes = async (parts: readonly Bytes[], abort: AbortSignal): Promise<Delivery> => {
    const sizes = parts.map(({ spans }) => spans);
    const items = sizes.reduce((sum, size) => sum + size, 0);
    const body = concat(parts.map(({ bytes }) => bytes));
    return toItems(await client.export({ telemetry: "traces", body, items, abort }), sizes);
  };
  const sendMade = (parts: readonly Made[], abort: AbortSignal): Promise<Delivery> => {
    if (made === undefined) throw new Error("spans for the SDK over HTTP");
    return made.export(
      parts.map((part) => part.made),
      abort,
    );
  };

  return {
    async send(loads, abort) {
      const outcome = new Outcome(loads.length);
      const take = async <L extends Load>(
        isMeant: (load: Load) => load is L,
        send: (parts: readonly L[], abort: AbortSignal) => Promise<Delivery>,
      ) => {
        const places = loads.flatMap((load, place) => (isMeant(load) ? [place] : []));
        if (places.length === 0) return;
        const again = outcome.take(await send(loads.filter(isMeant), abort), places);
        for (const place of again) outcome.note(places[place]!, "retry");
      };
      await Promise.all([take(isBytes, sendBytes), take(isMade, sendMade)]);
      return outcome.toDelivery();
    },
    close() {
      client.close();
      made?.close();
    },
  };
}

type Bytes = Extract<Load, { readonly bytes: Uint8Array }>;
type Made = Exclude<Load, Bytes>;
const isBytes = (load: Load): load is Bytes => "bytes" in load;
const isMade = (load: Load): load is Made => "made" in load;
