import { connect } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sum } from "./support/exposition.ts";
import { type Hub, startHub } from "./support/hub.ts";
import { type Lab, portOf, startLab } from "./support/lab.ts";
import { type Load, startLoad } from "./support/load.ts";
import { describeWith, measured } from "./support/needs.ts";
import { freePort } from "./support/prometheus.ts";
import { pause, settled, waitUntil } from "./support/wait.ts";

const flushMs = 200;

const settingsFor = (port: number, reusePort: boolean) => ({
  listeners: {
    grpc: { address: `127.0.0.1:${port}`, reusePort },
    http: null,
    admin: { address: "127.0.0.1:0" },
  },
});

const arrived = (hub: Hub) => hub.total("mixdown_records_total");

/** Reads a hub's count until it can no longer be asked; gives the last answer. */
function lastCount(hub: Hub): { ended: Promise<number> } {
  const watch = async () => {
    for (let last = 0; ; await pause(2)) {
      const samples = await hub.metrics().catch(() => undefined);
      if (samples === undefined) return last;
      last = Math.max(last, sum(samples, "mixdown_records_total"));
    }
  };
  return { ended: watch() };
}

/** Tries to connect every few milliseconds; gives for how long nobody listened. */
function watchGap(port: number): { stop(): Promise<number> } {
  let running = true;
  const watch = async () => {
    let gapMs = 0;
    for (let last = performance.now(); running; await pause(2)) {
      const open = await listens(port);
      const now = performance.now();
      if (!open) gapMs += now - last;
      last = now;
    }
    return gapMs;
  };
  const watching = watch();
  return {
    stop() {
      running = false;
      return watching;
    },
  };
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

describeWith("envoy")("the hub restarted under load", () => {
  let port: number;
  let lab: Lab;
  let load: Load;
  let hubs: Hub[];

  beforeEach(async () => {
    port = await freePort();
    hubs = [];
  });

  afterEach(async () => {
    await lab?.stop();
    for (const hub of hubs) await hub.stop();
  });

  async function start(reusePort: boolean): Promise<Hub> {
    const hub = await startHub({ settings: settingsFor(port, reusePort) });
    hubs.push(hub);
    return hub;
  }

  async function loadOn(hub: Hub): Promise<void> {
    lab = await startLab(port, flushMs);
    load = startLoad(portOf(lab.envoy, "http"), "/direct");
    await waitUntil("the first hub to count", async () => (await arrived(hub)) > 300);
  }

  /** Lets the load go on against the second hub and gives what neither hub counted. */
  async function lostBetween(first: Promise<number>, second: Hub): Promise<number> {
    await waitUntil("Envoy to come back", async () => (await arrived(second)) > 300);
    const sent = await load.stop();
    const counted = (await settled(() => arrived(second))) + (await first);
    expect((await lab.envoy.stats()).get("http.http.downstream_rq_total")).toBe(sent);
    return sent - counted;
  }

  test("stop and start: Envoy comes back, and what was lost fits the gap", async () => {
    const first = await start(false);
    await loadOn(first);
    const counted = lastCount(first);
    const gap = watchGap(port);
    const asked = performance.now();
    first.process.signal("SIGTERM");
    expect(await first.process.ended()).toBe(0);
    measured("stop after SIGTERM under load", `${(performance.now() - asked).toFixed(0)} ms`);
    const second = await start(false);
    const gapMs = await gap.stop();
    const rate = load.rate();
    const lost = await lostBetween(counted.ended, second);
    measured("stop and start under load: nobody listened", `${gapMs.toFixed(0)} ms`);
    measured("stop and start under load: entries lost", `${lost} at ${rate.toFixed(0)} requests a second`);
    expect(lost).toBeGreaterThanOrEqual(0);
    expect(lost).toBeLessThanOrEqual((rate * (gapMs + 3 * flushMs)) / 1000 + 50);
    expect((await lab.envoy.stats()).get("access_logs.grpc_access_log.logs_dropped") ?? 0).toBe(0);
  });

  test("handover: the new hub listens beside the old one, and nothing is lost", async () => {
    const first = await start(true);
    await loadOn(first);
    const counted = lastCount(first);
    const gap = watchGap(port);
    const second = await start(true);
    first.process.signal("SIGTERM");
    expect(await first.process.ended()).toBe(0);
    const gapMs = await gap.stop();
    const lost = await lostBetween(counted.ended, second);
    measured("handover under load: nobody listened", `${gapMs.toFixed(0)} ms`);
    measured("handover under load: entries lost", String(lost));
    expect(lost).toBe(0);
  });
});
