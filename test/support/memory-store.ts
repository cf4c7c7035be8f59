export * from "../../collector/check/limits/memory-store.ts";
