export * from "../../adapters/testing/fake-host.ts";
