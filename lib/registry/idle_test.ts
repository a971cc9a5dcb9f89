import assert from "node:assert/strict";
import { test } from "node:test";
import { IdleWatch } from "./idle.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test("silence counts from the last start, and only while the other side is to act", async () => {
  const expired = Promise.withResolvers<number>();
  let times = 0;
  const watch = new IdleWatch(60, () => {
    times++;
    expired.resolve(performance.now());
  });
  let last = 0;
  for (let n = 0; n < 4; n++) { // longer than the alarm of the first start
    watch.start();
    last = performance.now();
    await pause(20);
    watch.stop();
  }
  await pause(80);
  assert.equal(times, 0);
  watch.start();
  last = performance.now();
  await pause(30);
  watch.start();
  last = performance.now();
  const [at] = await Promise.all([expired.promise, pause(100)]);
  assert.ok(at - last >= 59, `after ${at - last} ms`);
  assert.equal(times, 1);
});
