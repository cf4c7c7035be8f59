#!/usr/bin/env node
// Plain JavaScript, so that a Node too old to run the rest can still say so.
import { existsSync } from "node:fs";
import nodeModule from "node:module";

const oldest = [22, 22];
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
  process.stderr.write(
    `mixdown needs Node ${oldest.join(".")} or newer, this is ${process.versions.node}: start it with "npm start", or with node_modules/.bin/node.\n`,
  );
  process.exit(70);
}

// Compiled code is kept between starts: they take half the time, and the memory for stripping types is not needed.
nodeModule.enableCompileCache?.();

const source = new URL("../collector/main.ts", import.meta.url);
const { main } = await import(
  existsSync(source) ? source.href : new URL("../dist/collector/main.js", import.meta.url).href
);
process.exitCode = await main(process.argv.slice(2));
