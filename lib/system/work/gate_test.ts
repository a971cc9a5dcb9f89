import assert from "node:assert/strict";
import { test } from "node:test";
import { Gate } from "./gate.ts";

/** Lets everything happen that waits for nothing else. */
const turns = async () => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

test("so much goes in at a time, in the order in which it came", async () => {
  const gate = new Gate(4);
  const inside: string[] = [];
  const enter = async (name: string, weight: number) => {
    const leave = await gate.enter({ weight });
    inside.push(name);
    return leave;
  };
  const [a, b, c, d] = [enter("a", 3), enter("b", 2), enter("c", 1), enter("d", 9)];
  await turns();
  assert.deepEqual(inside, ["a"], "c would fit, and waits behind b");
  const leave = await a;
  leave();
  leave();
  await turns();
  assert.deepEqual(inside, ["a", "b", "c"]);
  (await b)();
  await turns();
  assert.deepEqual(inside, ["a", "b", "c"], "what weighs more than all the room is alone");
  (await c)();
  (await d)();
  assert.deepEqual(inside, ["a", "b", "c", "d"]);
});

test("what gives its wait up lets those behind it in", async () => {
  const gate = new Gate(2);
  const leave = await gate.enter();
  const stop = new AbortController();
  const large = gate.enter({ weight: 2, signal: stop.signal });
  const small = gate.enter();
  stop.abort(new Error("enough"));
  await assert.rejects(large, { code: "interrupted" });
  (await small)();
  leave();
  await assert.rejects(gate.enter({ signal: stop.signal }), { code: "interrupted" });
});
