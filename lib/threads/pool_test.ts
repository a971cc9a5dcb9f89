import { after, test } from "node:test";
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";
import { Crew, type PackRunner } from "../archive/pack/crew.ts";
import type { PackInput, PackPlan, PackResult } from "../archive/pack/pack_job.ts";
import { digestOf } from "../digest.ts";
import type { Notice } from "../events.ts";
import { nextTurn } from "../system/runtime.ts";
import { type ThreadCall, ThreadPool } from "./pool.ts";

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
function long(pool: ThreadCall): () => Promise<unknown> {
  const size = 4 << 20;
  const plan: PackPlan = { reads: [], chunks: [0, size], members: [size] };
  const plain = Float64Array.from({ length: size / 8 }, (_, i) => Math.sin(i)).buffer;
  const packed = new ArrayBuffer(size + 100_000);
  const input: PackInput = { encoder: "gzip", plain, packed, plan: JSON.stringify(plan) };
  return () => pool.run("pack", input, [plain, packed]);
}

async function packed(pool: PackRunner): Promise<Uint8Array> {
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

/** A module in a file of its own, for a thread to run. */
function moduleOf(text: string): URL {
  const directory = mkdtempSync(join(tmpdir(), "blobber-threads-"));
  after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "module.mjs");
  writeFileSync(path, text);
  return pathToFileURL(path);
}

for (const size of [0, 1, 3]) {
  test(`${size} threads run more jobs than they are, with the same bytes`, async () => {
    const pool = new ThreadPool({ jobs: size + 1 });
    try {
      const call = pool.enter();
      const all = await Promise.all(Array.from({ length: 9 }, () => packed(call)));
      for (const one of all) assert.deepEqual(new Uint8Array(gunzipSync(one)), text);
      assert.equal(new Set(all.map((one) => digestOf(one))).size, 1);
    } finally {
      await pool.close();
    }
  });

  test(`${size} threads hand over errors with their code`, async () => {
    const pool = new ThreadPool({ jobs: size + 1 });
    try {
      const call = pool.enter();
      await assert.rejects(call.run("pack", batch("/nowhere/at all")), {
        name: "BlobberError",
        code: "source-changed",
        message: /at all/,
      });
      assert.deepEqual(new Uint8Array(gunzipSync(await packed(call))), text);
    } finally {
      await pool.close();
    }
  });
}

test("a call knows whether a thread has room, and none has before it is there", async () => {
  const none = new ThreadPool({ jobs: 1 }).enter();
  none.start("pack");
  assert.equal(none.hasRoom, false);
  const pool = new ThreadPool({ jobs: 2 });
  try {
    const call = pool.enter();
    call.start("pack");
    assert.equal(call.hasRoom, false);
    await packed(call);
    assert.equal(call.hasRoom, true);
    // Made before any is given: that takes its time too.
    const [giveOne, giveTwo] = [long(call), long(call)];
    const one = giveOne();
    assert.equal(call.hasRoom, true);
    const two = giveTwo();
    assert.equal(call.hasRoom, false);
    // Nothing is let through here, no answer is read: what is seen is that the first is done.
    for (const end = Date.now() + 60_000; !call.hasRoom && Date.now() < end;);
    assert.equal(call.hasRoom, true);
    await Promise.all([one, two]);
    assert.equal(call.hasRoom, true);
  } finally {
    await pool.close();
  }
});

test("a thread that takes one job at a time is given the next when its answer is read", async () => {
  const pool = new ThreadPool({ jobs: 2 });
  const never = Promise.withResolvers<never>();
  const timer = setTimeout(() => never.reject(new Error("a job was never given")), 60_000);
  try {
    const call = pool.enter();
    call.inFlight = 1;
    const reads: never[] = [];
    for (let times = 0; times < 10_000; times++) {
      await Promise.race([call.run("hash", { reads }), never.promise]);
    }
  } finally {
    clearTimeout(timer);
    await pool.close();
  }
});

test("closing waits for threads that have only just begun: the process must not end before them", async () => {
  for (let times = 0; times < 20; times++) {
    const pool = new ThreadPool({ jobs: 4 });
    await packed(pool.enter()); // one is there, the others may not be
    await pool.close();
  }
});

test("buffers are given away, not copied", async () => {
  const pool = new ThreadPool({ jobs: 2 });
  try {
    const call = pool.enter();
    const input = batch();
    await packed(call); // the thread is ready
    const job = call.run("pack", input, [input.plain, input.packed]);
    assert.equal(input.plain.byteLength, 0);
    assert.equal((await job).plain.byteLength, text.length);
  } finally {
    await pool.close();
  }
});

/** A thread that holds jobs until it is let go, and answers in the order in which they came. */
function holding(): { threadEntry: URL; letGo(): void; hold(): void } {
  const gate = moduleOf("");
  const version = JSON.stringify(new URL("../version.ts", import.meta.url));
  const threadEntry = moduleOf(`
    import { existsSync } from "node:fs";
    import * as threads from "node:worker_threads";
    import { VERSION } from ${version};
    const answered = new SharedArrayBuffer(4);
    const port = threads.parentPort ?? globalThis;
    const held = [];
    const take = (message) => held.push((message.data ?? message).id);
    threads.parentPort?.on("message", take) ?? port.addEventListener("message", take);
    setInterval(() => {
      if (existsSync(new URL(${JSON.stringify(gate)}))) return;
      for (const id of held.splice(0)) {
        Atomics.add(new Int32Array(answered), 0, 1);
        port.postMessage({ id, output: "" });
      }
    }, 5);
    port.postMessage({ protocol: "blobber-thread", version: VERSION, answered });
  `);
  return { threadEntry, letGo: () => rmSync(gate), hold: () => writeFileSync(gate, "") };
}

test("closing drops what waits, lets what runs end, and refuses everything after it", async () => {
  const { threadEntry, letGo, hold } = holding();
  const pool = new ThreadPool({ jobs: 2, threadEntry });
  const call = pool.enter();
  const nothing = () => call.run("hash", { reads: [] });
  letGo();
  await nothing(); // the thread is ready
  hold();
  const ends = Promise.allSettled(Array.from({ length: 5 }, nothing));
  const closing = pool.close();
  await assert.rejects(nothing(), { code: "closed" });
  letGo();
  await closing;
  assert.deepEqual(
    (await ends).map((end) => end.status === "fulfilled" ? "done" : end.reason.code),
    ["done", "done", "closed", "closed", "closed"],
  );
  await assert.rejects(packed(pool.enter()), { code: "closed" });
  await pool.close();
});

test("a call that gives up drops its jobs alone, and other calls take turns with it", async () => {
  const { threadEntry, letGo, hold } = holding();
  const pool = new ThreadPool({ jobs: 2, threadEntry });
  try {
    const [one, other] = [pool.enter(), pool.enter()];
    const order: string[] = [];
    const give = (call: ThreadCall, name: string, count: number) =>
      Array.from({ length: count }, (_, i) =>
        call.run("hash", { reads: [] }).then(
          () => order.push(`${name}${i}`),
          (error) => order.push(`${name}${i} ${error.code}`),
        ));
    letGo();
    await one.run("hash", { reads: [] }); // the thread is ready
    hold();
    const all = [...give(one, "one", 6), ...give(other, "other", 3)];
    letGo();
    await Promise.all(all);
    // The first two were with the thread before the others came.
    assert.deepEqual(order, [
      ...["one0", "one1", "one2", "other0", "one3", "other1", "one4", "other2", "one5"],
    ]);

    order.length = 0;
    hold();
    const more = [...give(one, "one", 4), ...give(other, "other", 3)];
    const givenUp = one.giveUp().then(() => order.push("given up"));
    await nextTurn();
    assert.deepEqual(order, ["one2 closed", "one3 closed"]);
    letGo();
    await givenUp;
    // What ran has ended: the caller may remove what its jobs wrote to.
    const own = order.filter((name) => !name.startsWith("other"));
    assert.deepEqual(own, ["one2 closed", "one3 closed", "one0", "one1", "given up"]);
    await Promise.all(more);
    assert.deepEqual(order.slice(-3).sort(), ["other0", "other1", "other2"]);

    order.length = 0;
    await Promise.all(give(one, "one", 1)); // it may go on
    await one.leave();
    await Promise.all(give(other, "other", 1));
    assert.deepEqual(order, ["one0", "other0"]);
  } finally {
    await pool.close();
  }
});

test("threads are kept for a call that follows at once, and come again for one that does not", async () => {
  const pool = new ThreadPool({ jobs: 2 });
  try {
    const hasThread = async () => {
      const call = pool.enter();
      call.start("pack");
      const { hasRoom } = call;
      await packed(call);
      await call.leave();
      return hasRoom;
    };
    assert.equal(await hasThread(), false);
    assert.equal(await hasThread(), true);
    assert.equal(await hasThread(), true);
    await pool.close();
    await assert.rejects(hasThread(), { code: "closed" });
  } finally {
    await pool.close();
  }
});

test("a thread that ends in the middle fails its jobs, and another comes in its place", async () => {
  const dying = `
    import { serve } from "${new URL("./thread_entry.ts", import.meta.url)}";
    import * as threads from "node:worker_threads";
    serve();
    const port = threads.parentPort ?? globalThis;
    const end = ({ id, data }) => {
      if ((id ?? data.id) === 2) throw new Error("the end");
    };
    threads.parentPort?.on("message", end) ?? port.addEventListener("message", end);
  `;
  const notices: Notice[] = [];
  const onNotice = (notice: Notice) => void notices.push(notice);
  const pool = new ThreadPool({ jobs: 2, threadEntry: moduleOf(dying), onNotice });
  try {
    const call = pool.enter();
    await packed(call);
    await packed(call);
    await assert.rejects(packed(call), { code: "unexpected", message: /ended before its job/ });
    await packed(call);
    assert.deepEqual(notices, []);
  } finally {
    await pool.close();
  }
});

const REFUSED: [what: string, why: RegExp, module: string][] = [
  [
    "says something else",
    /another program/,
    `import * as threads from "node:worker_threads";
    (threads.parentPort ?? globalThis).postMessage("ready");
    setInterval(() => {}, 1000);`,
  ],
  [
    "has another version",
    /another version/,
    `import * as threads from "node:worker_threads";
    const answered = new SharedArrayBuffer(4);
    (threads.parentPort ?? globalThis).postMessage({ protocol: "blobber-thread", version: "0", answered });
    setInterval(() => {}, 1000);`,
  ],
  ["never says anything", /nothing within 50 ms/, `setInterval(() => {}, 1000);`],
  ["ends", /ended with 3|nothing within 50 ms/, `globalThis.close?.(); process.exit(3);`],
  ["fails", /no such luck/, `throw new Error("no such luck");`],
];

for (const [what, why, text] of REFUSED) {
  test(`a module that ${what} is given nothing, and the work is done here`, async () => {
    const notices: Notice[] = [];
    const onNotice = (notice: Notice) => void notices.push(notice);
    const startMs = why.source.includes("50 ms") ? 50 : undefined;
    const pool = new ThreadPool({ jobs: 3, threadEntry: moduleOf(text), startMs });
    try {
      const calls = [pool.enter({ onNotice }), pool.enter({ onNotice })];
      for (const call of calls) {
        const all = await Promise.all([packed(call), packed(call), packed(call)]);
        assert.equal(new Set(all.map((one) => digestOf(one))).size, 1);
        await packed(call);
        assert.equal(call.threads, 0);
        assert.equal(call.hasRoom, false);
      }
      assert.deepEqual(notices.map(({ level, code }) => [level, code]), [["info", "no-threads"]]);
      assert.match(notices[0]!.message, why);
    } finally {
      await pool.close();
    }
  });
}

test("that threads were refused is told by the job that waited for one, or by the next", async () => {
  const failing = moduleOf(`throw new Error("no such luck");`);
  const pool = new ThreadPool({ jobs: 3, threadEntry: failing });
  try {
    await packed(pool.enter()); // none listens
    const codes: string[] = [];
    const late = new Crew(pool.enter({ onNotice: ({ code }) => void codes.push(code) }), 0);
    await packed(late);
    await packed(late);
    assert.deepEqual(codes, ["no-threads"]);
  } finally {
    await pool.close();
  }
  for (const refused of [false, true]) {
    const pool = new ThreadPool({ jobs: 3, threadEntry: failing });
    try {
      if (refused) await packed(pool.enter());
      const onNotice = () => {
        throw new Error("thrown by who was told");
      };
      const crew = new Crew(pool.enter({ onNotice }), 0);
      const jobs = await Promise.allSettled([packed(crew), packed(crew), packed(crew)]);
      const [failed, ...others] = jobs.filter(({ status }) => status === "rejected");
      assert.match(String((failed as PromiseRejectedResult).reason), /thrown by who was told/);
      assert.deepEqual(others, [], "it is told once");
    } finally {
      await pool.close();
    }
  }
});

test("a thread that says nothing does not hold up who leaves", async () => {
  const silent = moduleOf(`setInterval(() => {}, 1000);`);
  const pool = new ThreadPool({ jobs: 3, threadEntry: silent });
  const call = pool.enter();
  call.start("pack");
  const job = assert.rejects(packed(call), { code: "closed" });
  await call.leave();
  await job;
  await pool.close();
});

test("threads that rest are opened again by the next job, and stay where another call works", async () => {
  const pool = new ThreadPool({ jobs: 2 });
  try {
    const call = pool.enter();
    const expected = await packed(call);
    call.rest();
    assert.equal(call.hasRoom, false);
    assert.deepEqual(await packed(call), expected);
    const other = pool.enter();
    call.rest();
    assert.equal(other.hasRoom, true);
    await other.leave();
    await call.leave();
  } finally {
    await pool.close();
  }
});
