import { test } from "node:test";
import assert from "node:assert/strict";
import { Pace } from "./pace.ts";
import { WorkerPool } from "./workers.ts";

/** Keeps this thread until it is time to breathe. */
function work(): void {
  for (const end = performance.now() + 25; performance.now() < end;);
}

test("who breathes hears what other threads have answered, however busy this one is", async () => {
  const pool = new WorkerPool(1, 1);
  try {
    const reads: never[] = [];
    await pool.run("hash", { reads }); // the thread is there
    const pace = new Pace();
    for (let times = 0; times < 5; times++) {
      let answered = false;
      const job = pool.run("hash", { reads }).then(() => answered = true);
      // The thread counts its answers where they are seen at once.
      for (const end = Date.now() + 60_000; !pool.hasRoom && Date.now() < end;);
      for (let breaths = 0; breaths < 3; breaths++) {
        work();
        await pace.breathe();
      }
      assert.equal(answered, true);
      await job;
    }
  } finally {
    await pool.close();
  }
});

test("who breathes stops when it is told to, with the reason", async () => {
  const stop = new AbortController();
  const pace = new Pace(stop.signal);
  await pace.breathe();
  setTimeout(() => stop.abort(), 1);
  await assert.rejects(async () => {
    for (let breaths = 0; breaths < 1000; breaths++) {
      work();
      await pace.breathe();
    }
  }, { code: "interrupted" });
});
