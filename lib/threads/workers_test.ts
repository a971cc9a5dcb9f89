import { test } from "node:test";
import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import type { PackInput, PackPlan, PackResult } from "../archive/pack/pack_job.ts";
import { digestOf } from "../digest.ts";
import { WorkerPool } from "./workers.ts";

const text = new TextEncoder().encode("in a thread or here, the bytes are the same. ".repeat(100));

function batch(file?: string): PackInput {
  const plain = text.slice().buffer;
  const stamp = { size: 1, mtime: 0, ctime: 0, inode: 0 };
  const plan: PackPlan = {
    reads: file === undefined ? [] : [{ file, stamp, from: 0, size: 1, at: 0 }],
    chunks: [0, 10, 10, text.length],
    members: [1000, text.length],
  };
  const packed = new ArrayBuffer(text.length + 1000);
  return { encoder: "gzip", plain, packed, plan: JSON.stringify(plan) };
}

/** Makes a job that takes a thread longer than this one needs to give it and to look at the pool twice. */
function long(pool: WorkerPool): () => Promise<unknown> {
  const size = 4 << 20;
  const plan: PackPlan = { reads: [], chunks: [0, size], members: [size] };
  const plain = Float64Array.from({ length: size / 8 }, (_, i) => Math.sin(i)).buffer;
  const packed = new ArrayBuffer(size + 100_000);
  const input: PackInput = { encoder: "gzip", plain, packed, plan: JSON.stringify(plan) };
  return () => pool.run("pack", input, [plain, packed]);
}

async function packed(pool: WorkerPool): Promise<Uint8Array> {
  const input = batch();
  const output = await pool.run("pack", input, [input.plain, input.packed]);
  const { digests, members } = JSON.parse(output.result) as PackResult;
  assert.equal(
    digests,
    [text.subarray(0, 10), text.subarray(10)].map((part) => digestOf(part).slice(7)).join(""),
  );
  assert.deepEqual(new Uint8Array(output.plain), text);
  return new Uint8Array(output.packed, 0, members.at(-1));
}

for (const size of [0, 1, 3]) {
  test(`a pool of ${size} runs more jobs than it has threads, with the same bytes`, async () => {
    const pool = new WorkerPool(size);
    try {
      const all = await Promise.all(Array.from({ length: 9 }, () => packed(pool)));
      for (const one of all) assert.deepEqual(new Uint8Array(gunzipSync(one)), text);
      assert.equal(new Set(all.map((one) => digestOf(one))).size, 1);
    } finally {
      await pool.close();
    }
  });

  test(`a pool of ${size} hands over errors with their code`, async () => {
    const pool = new WorkerPool(size);
    try {
      const job = pool.run("pack", batch("/nowhere/at all"));
      await assert.rejects(job, {
        name: "BlobberError",
        code: "source-changed",
        message: /at all/,
      });
      assert.deepEqual(new Uint8Array(gunzipSync(await packed(pool))), text);
    } finally {
      await pool.close();
    }
  });
}

test("a pool says whether a thread has room, and none has before it is there", async () => {
  const none = new WorkerPool(0);
  none.start("pack");
  assert.equal(none.hasRoom, false);
  const pool = new WorkerPool(1, 2);
  try {
    pool.start("pack");
    assert.equal(pool.hasRoom, false);
    await packed(pool);
    assert.equal(pool.hasRoom, true);
    // Made before any is given: that takes its time too.
    const [giveOne, giveTwo] = [long(pool), long(pool)];
    const one = giveOne();
    assert.equal(pool.hasRoom, true);
    const two = giveTwo();
    assert.equal(pool.hasRoom, false);
    // Nothing is let through here, no answer is read: what is seen is that the first is done.
    for (const end = Date.now() + 60_000; !pool.hasRoom && Date.now() < end;);
    assert.equal(pool.hasRoom, true);
    await Promise.all([one, two]);
    assert.equal(pool.hasRoom, true);
  } finally {
    await pool.close();
  }
});

test("a thread that takes one job at a time is given the next when its answer is read", async () => {
  const pool = new WorkerPool(1, 1);
  const never = Promise.withResolvers<never>();
  const timer = setTimeout(() => never.reject(new Error("a job was never given")), 60_000);
  try {
    const reads: never[] = [];
    for (let times = 0; times < 10_000; times++) {
      await Promise.race([pool.run("hash", { reads }), never.promise]);
    }
  } finally {
    clearTimeout(timer);
    await pool.close();
  }
});

test("closing waits for threads that have only just begun: the process must not end before them", async () => {
  for (let times = 0; times < 20; times++) {
    const pool = new WorkerPool(3);
    await packed(pool); // one is there, the others may not be
    await pool.close();
  }
});

test("buffers are given away, not copied", async () => {
  const pool = new WorkerPool(1);
  try {
    const input = batch();
    await packed(pool); // the thread is ready
    const job = pool.run("pack", input, [input.plain, input.packed]);
    assert.equal(input.plain.byteLength, 0);
    assert.equal((await job).plain.byteLength, text.length);
  } finally {
    await pool.close();
  }
});

test("closing rejects what runs and what waits, and everything after it", async () => {
  const pool = new WorkerPool(1);
  const jobs = Array.from({ length: 5 }, () => pool.run("pack", batch()));
  const ends = Promise.all(jobs.map((job) => assert.rejects(job, { code: "closed" })));
  await pool.close();
  await ends;
  await assert.rejects(pool.run("pack", batch()), { code: "closed" });
  await pool.close();
});
