import { describe, expect, it } from "vitest";
import { OverloadError } from "../../schemas/model/overload.ts";
import { manualClock } from "../../test/support/manual-clock.ts";
import { createGate } from "./gate.ts";
import type { Lane } from "./lane.ts";

const aLane = (handler: string) => {
  const lane = { handler, isFull: false, written: undefined as Promise<void> | undefined, kept: () => lane.written };
  return lane;
};

function opened() {
  const lanes = [aLane("a"), aLane("b")];
  const clock = manualClock();
  const gate = createGate(() => lanes as unknown as readonly Lane[], clock);
  return { lanes: lanes as [ReturnType<typeof aLane>, ReturnType<typeof aLane>], clock, gate };
}

describe("room", () => {
  it("is there unless a lane is full", () => {
    const { gate } = opened();
    expect(gate.room()).toBeUndefined();
  });

  it("comes when no lane is full any more", async () => {
    const { gate, lanes } = opened();
    lanes[0].isFull = true;
    lanes[1].isFull = true;
    const order: string[] = [];
    const room = gate.room()?.then(() => order.push("room"));
    lanes[0].isFull = false;
    gate.changed();
    await Promise.resolve();
    order.push("one lane is free");
    lanes[1].isFull = false;
    gate.changed();
    await room;
    expect(order).toEqual(["one lane is free", "room"]);
  });

  it("is waited for as long as the sender can wait, and then refused by the name of the lane", async () => {
    const { gate, lanes, clock } = opened();
    lanes[1].isFull = true;
    const refused = expect(gate.room(5000)).rejects.toThrow(
      new OverloadError("no room in the lane of b: send it again later", 1000),
    );
    await clock.advance(5000);
    await refused;
    lanes[1].isFull = false;
    gate.changed();
    expect(clock.timers).toBe(0);
  });
});

describe("what was offered", () => {
  it("is kept at once where nothing is written", () => expect(opened().gate.kept()).toBeUndefined());

  it("is kept when every lane has written it", async () => {
    const { gate, lanes } = opened();
    const write = Promise.withResolvers<void>();
    lanes[0].written = Promise.resolve();
    lanes[1].written = write.promise;
    let isKept = false;
    const kept = gate.kept()?.then(() => (isKept = true));
    await Promise.resolve();
    expect(isKept).toBe(false);
    write.resolve();
    await kept;
  });

  it("is refused if one of them could not", async () => {
    const { gate, lanes } = opened();
    lanes[0].written = Promise.resolve();
    lanes[1].written = Promise.reject(new OverloadError("no disk", 1000));
    await expect(gate.kept()).rejects.toThrow("no disk");
  });
});
