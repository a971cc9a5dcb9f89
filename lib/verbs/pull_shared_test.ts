import { after, test } from "node:test";
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { noise, removeScratch, scratch, snapshot } from "../../tests/fakes/pulling.ts";
import { imageOf, stargz, type TarItem } from "../../tests/fakes/tar.ts";
import { ThreadPool } from "../threads/pool.ts";
import { pull, type PullSettings } from "./pull.ts";

after(removeScratch);

// Large enough for threads to be worth it.
const bytes = noise(60_000);
const items = Array.from({ length: 200 }, (_, i): TarItem => ({
  name: `d${i % 7}/f${i}`,
  data: bytes.subarray(i),
}));
const made = imageOf(stargz(items, { chunkSize: 20_000 }));
assert.ok(made.manifest.value.layers[0]!.size > 8 << 20);

/** Pulls several at once with the threads of one client. */
async function pullTogether(
  dir: string,
  settings: (index: number) => PullSettings,
): Promise<{ ends: PromiseSettledResult<unknown>[]; threads: number }> {
  const opened = join(dir, "opened");
  const entry = join(dir, "entry.mjs");
  writeFileSync(opened, "");
  writeFileSync(
    entry,
    `import { appendFileSync } from "node:fs";
    import { serve } from ${JSON.stringify(new URL("../threads/thread_entry.ts", import.meta.url))};
    appendFileSync(${JSON.stringify(opened)}, "x");
    serve();`,
  );
  const pool = new ThreadPool({ jobs: 3, threadEntry: pathToFileURL(entry) });
  try {
    const pulls = Array.from({ length: 10 }, async (_, i) => {
      const threads = pool.enter();
      try {
        const target = join(dir, `out${i}`, "deep");
        await pull(made.source, made.manifest, target, { threads, ...settings(i) });
      } finally {
        await threads.leave();
      }
    });
    return { ends: await Promise.allSettled(pulls), threads: readFileSync(opened, "utf8").length };
  } finally {
    await pool.close();
  }
}

test("ten pulls at once take no more threads than one, and each gets the whole tree", async () => {
  const { path } = scratch();
  const { ends, threads } = await pullTogether(path, () => ({}));
  assert.ok(ends.every(({ status }) => status === "fulfilled"), JSON.stringify(ends));
  assert.equal(threads, 2);
  const first = snapshot(join(path, "out0/deep"));
  assert.equal(Object.keys(first).length, items.length + 7);
  for (let i = 1; i < 10; i++) assert.deepEqual(snapshot(join(path, `out${i}/deep`)), first);
});

test("one that is aborted leaves nothing, and the others are not disturbed", async () => {
  const { path } = scratch();
  const stops = Array.from({ length: 10 }, () => new AbortController());
  const { ends } = await pullTogether(path, (i) => ({
    signal: stops[i]!.signal,
    onProgress: ({ phase, done }) => {
      if (i % 2 === 0 && phase === "unpack" && done > 20) stops[i]!.abort();
    },
  }));
  for (const [i, end] of ends.entries()) {
    if (i % 2 === 1) {
      assert.equal(end.status, "fulfilled");
      assert.equal(Object.keys(snapshot(join(path, `out${i}/deep`))).length, items.length + 7);
    } else {
      assert.equal((end as PromiseRejectedResult).reason.code, "interrupted");
      assert.ok(!existsSync(join(path, `out${i}`)), readdirSync(path).join(" "));
    }
  }
  const left = readdirSync(path).filter((name) => !/^out[13579]$/.test(name)).sort();
  assert.deepEqual(left, ["entry.mjs", "opened"]);
});
