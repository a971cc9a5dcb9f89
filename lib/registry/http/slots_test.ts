import assert from "node:assert/strict";
import { test } from "node:test";
import { Slots } from "./slots.ts";

const never = new AbortController().signal;

/** Takes a slot and notes when it is had. */
function note(slots: Slots, name: string, had: string[]): Promise<void> {
  return Promise.resolve(slots.take(never)).then(() => void had.push(name));
}

test("slots are had at once while there are any, then first come, first served", async () => {
  const slots = new Slots(2);
  assert.equal(slots.take(never), undefined);
  assert.equal(slots.take(never), undefined);
  assert.ok(slots.full);
  const had: string[] = [];
  const all = ["a", "b", "c"].map((name) => note(slots, name, had));
  slots.give();
  await all[0];
  assert.deepEqual(had, ["a"]);
  slots.give();
  slots.give();
  await Promise.all(all);
  assert.deepEqual(had, ["a", "b", "c"]);
});

test("a request that comes while others wait stands behind them", async () => {
  const slots = new Slots(1);
  slots.take(never);
  const had: string[] = [];
  const first = note(slots, "first", had);
  slots.give();
  // The slot is the first one's already, though it has not looked yet.
  const second = note(slots, "second", had);
  await first;
  assert.deepEqual(had, ["first"]);
  slots.give();
  await second;
});

test("one who gives up leaves the queue and takes no slot along", async () => {
  const slots = new Slots(1);
  slots.take(never);
  const stop = new AbortController();
  const given = assert.rejects(slots.take(stop.signal)!, { code: "interrupted" });
  const had: string[] = [];
  const other = note(slots, "other", had);
  stop.abort(new Error("enough"));
  await given;
  slots.give();
  await other;
  slots.give();
  assert.ok(!slots.full);
});

test("live uploads leave a slot for what ends by itself", () => {
  const slots = new Slots(3);
  const permits = [slots.permit(), slots.permit()];
  assert.equal(slots.permit(), undefined);
  permits[0]!();
  assert.ok(slots.permit());
  assert.equal(new Slots(1).permit(), undefined);
});

test("a download that pauses loses its slot to one that waits, and no other does", async () => {
  const slots = new Slots(2);
  const taken: string[] = [];
  const download = (name: string) => ({ taken: () => void taken.push(name) });
  const [paused, read] = [download("paused"), download("read")];
  for (const one of [paused, read]) {
    slots.take(never);
    slots.pause(one);
  }
  slots.resume(read);
  await slots.take(never);
  assert.deepEqual(taken, ["paused"]);
  assert.ok(slots.full);
  // The other one pauses only now, while another waits already.
  const waiting = slots.take(never);
  slots.pause(read);
  await waiting;
  assert.deepEqual(taken, ["paused", "read"]);
});

test("a download that pauses keeps its slot as long as none waits", async () => {
  const slots = new Slots(2);
  slots.take(never);
  slots.pause({ taken: () => assert.fail("taken") });
  await slots.take(never);
  slots.give();
  await slots.take(never);
});
