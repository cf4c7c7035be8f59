import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The listeners that exist unless a configuration says otherwise (null turns one off). */
export const defaultListeners = {
  grpc: { address: "127.0.0.1:4317" },
  http: { address: "127.0.0.1:4318" },
  admin: { address: "127.0.0.1:8080" },
} as const;

/** The file that is loaded without --config, in a checkout and in a built package alike. */
export function defaultConfigFile(from: string = import.meta.dirname): string {
  const file = join(from, "config", "default.yaml");
  const above = dirname(from);
  return existsSync(file) || above === from ? file : defaultConfigFile(above);
}
