/** How a backend behaves towards an outlet, in terms of HTTP. */
export interface FakeBackend {
  /** Answers like this from now on; "down" refuses connections, "silent" never answers. */
  behave(as: number | "down" | "silent", headers?: Readonly<Record<string, string>>): void;
  /** Requests that reached it. */
  readonly received: readonly Request[];
  readonly fetch: typeof fetch;
}

/** An HTTP backend without sockets, 200 at first. */
export function fakeBackend(): FakeBackend {
  const received: Request[] = [];
  let answer: () => Promise<Response> = async () => new Response("", { status: 200 });
  let isDown = false;
  return {
    received,
    behave(as, headers = {}) {
      isDown = as === "down";
      answer = async () =>
        typeof as === "number" ? new Response("", { status: as, headers }) : new Promise<Response>(() => {});
    },
    async fetch(input, init) {
      if (isDown) throw new TypeError("fetch failed");
      const request = new Request(input, init);
      received.push(request);
      const { signal } = request;
      if (signal.aborted) throw signal.reason;
      const aborted = new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      return Promise.race([answer(), aborted]);
    },
  };
}
