import { PassThrough, Writable } from "node:stream";
import { expect, it } from "vitest";
import { aLogEntry, aSpan } from "../testing/instances.ts";
import { config } from "./config.ts";
import { stdio } from "./index.ts";
import { createStreamOutlet } from "./outlet.ts";

const entry = (path: string) => aLogEntry("access", { variables: { path } });
const never = new AbortController().signal;
const lines = (params: object = {}) => config.parse(params);

it("writes a JSON object a line, of every template", async () => {
  const stream = new PassThrough();
  const outlet = createStreamOutlet(stream, lines());
  expect(await outlet.deliver([entry("/1\n"), aSpan("spans", { attributes: {} })], never)).toEqual({
    status: "delivered",
  });
  const [first, second] = stream.read().toString().split("\n");
  expect(first).toBe('{"path":"/1\\n"}');
  expect(JSON.parse(second)).toMatchObject({ instance: "spans", name: "GET /" });
});

it("writes lines of text", async () => {
  const stream = new PassThrough();
  const outlet = createStreamOutlet(stream, lines({ format: "text", line: "%INSTANCE% %path%" }));
  await outlet.deliver([entry("/1"), entry("/2\n")], never);
  expect(stream.read().toString()).toBe("access /1\naccess /2\\n\n");
  expect(outlet.sizeOf?.(entry("/1"))).toBe("access /1\n".length);
});

it("counts nothing as delivered that nobody reads, and writes it once", async () => {
  const written: string[] = [];
  let read = () => {};
  const stream = new Writable({
    write(chunk, _, done) {
      written.push(String(chunk));
      read = done;
    },
  });
  const outlet = createStreamOutlet(stream, lines());
  const abort = new AbortController();
  const batch = [entry("/1")];
  const attempt = outlet.deliver(batch, abort.signal);
  abort.abort();
  expect(await attempt).toMatchObject({ status: "retry" });
  const again = outlet.deliver(batch, never);
  read();
  expect(await again).toEqual({ status: "delivered" });
  expect(written).toEqual(['{"path":"/1"}\n']);
});

it("outlives a reader that went away", async () => {
  const stream = new Writable({
    write: (_chunk, _encoding, done) => done(new Error("write EPIPE")),
  });
  const outlet = createStreamOutlet(stream, lines());
  expect(await outlet.deliver([entry("/1")], never)).toEqual({ status: "retry", reason: "write EPIPE" });
  expect(await outlet.deliver([entry("/2")], never)).toMatchObject({ status: "retry" });
  await outlet.close();
  expect(stream.listenerCount("error")).toBe(0);
});

it("finds a wrong format before it opens", () => {
  const problems = stdio.validate?.(config.parse({ format: "text", line: "%RESPONSE_COD%" }), []) ?? [];
  expect(problems).toMatchObject([{ path: ["line"], message: expect.stringContaining("RESPONSE_CODE") }]);
});
