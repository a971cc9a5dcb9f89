import assert from "node:assert/strict";
import { test } from "node:test";
import { IdleWatch } from "./idle.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test("silence counts from the last start, and only while the other side is to act", async () => {
  const expired = Promise.withResolvers<number>();
  let times = 0;
  const watch = new IdleWatch(400, () => {
    times++;
    expired.resolve(performance.now());
  });
  for (let n = 0; n < 4; n++) { // in all longer than the first start's alarm, which goes off meanwhile
    watch.start();
    await pause(120);
  }
  watch.stop();
  await pause(500);
  assert.equal(times, 0);
  watch.start();
  await pause(200);
  watch.start();
  const last = performance.now();
  const [at] = await Promise.all([expired.promise, pause(500)]);
  assert.ok(at - last >= 399, `after ${at - last} ms`);
  assert.equal(times, 1);
});
