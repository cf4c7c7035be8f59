import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { MetricsSource } from "../../adapters/adapter.ts";
import { answerScrape } from "../../adapters/shared/metrics-page.ts";
import { HubError } from "../errors.ts";
import { parseAddress } from "../transport/address.ts";

/** The pages at `/metrics`: the admin listener's, and one for each handler with an address of its own. */
export interface MetricsPages {
  /** Shows a source on the admin page, or at its own address; returns how to stop. Rejects with LISTEN_FAILED. */
  expose(source: MetricsSource, address?: string): Promise<() => Promise<void>>;
  /** Adds `GET /metrics` with everything that is shown on the admin page. */
  mount(server: FastifyInstance): void;
}

/** Pages whose admin page starts with the hub's own metrics. `onConflict` hears of families left out since their name was taken. */
export function createMetricsPages(own: MetricsSource, onConflict: (family: string) => void): MetricsPages {
  const sources = new Set<MetricsSource>([own]);
  const serve = (server: FastifyInstance, shown: Iterable<MetricsSource>) => {
    server.get("/metrics", async (request: FastifyRequest, reply: FastifyReply) => {
      const { headers, body } = await answerScrape(request.headers, shown, ({ name }) => onConflict(name));
      return reply.headers(headers).send(body);
    });
  };

  return {
    async expose(source, address) {
      if (address === undefined) {
        sources.add(source);
        return async () => {
          sources.delete(source);
        };
      }
      const server = Fastify();
      serve(server, [source]);
      try {
        await server.listen(parseAddress(address));
      } catch (error) {
        throw new HubError("LISTEN_FAILED", `cannot serve metrics at ${address}: ${(error as Error).message}`, {
          cause: error,
        });
      }
      return () => server.close();
    },
    mount(server) {
      serve(server, sources);
    },
  };
}
