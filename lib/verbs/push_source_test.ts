import { after, test } from "node:test";
import assert from "node:assert/strict";
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { withThreads } from "../../tests/fakes/threads.ts";
import { BlobberError, type Code } from "../errors.ts";
import type { Notice, Progress } from "../events.ts";
import { MemoryStore } from "../stores/memory_store.ts";
import { push, type PushSettings } from "./push.ts";
import type { BlobWriter } from "../store.ts";
import { lacks } from "../../tests/fakes/only_on.ts";

const scratch = mkdtempSync(join(tmpdir(), "blobber-push-"));
after(() => rmSync(scratch, { recursive: true, force: true }));
const MiB = 1024 * 1024;

/** A store that says when the first bytes of a layer arrive, and what became of its writers. */
class WatchedStore extends MemoryStore {
  onWrite: () => void = () => {};
  written = 0;
  open = 0;

  override async begin(mediaType: string): Promise<BlobWriter> {
    const writer = await super.begin(mediaType);
    this.open++;
    let ended = false;
    const end = () => {
      if (!ended) this.open--;
      ended = true;
    };
    return {
      write: async (bytes) => {
        this.written += bytes.length;
        this.onWrite();
        await writer.write(bytes);
      },
      commit: async (descriptor) => {
        await writer.commit(descriptor);
        end();
      },
      abort: async () => {
        await writer.abort();
        end();
      },
    };
  }
}

let made = 0;
/**
 * A tree whose first file takes several batches, so that the last is read after something was sent; of a
 * size that the walk sees whole before it begins, and that workers are just worth.
 */
function tree(): { root: string; last: string } {
  const root = join(scratch, String(made++));
  mkdirSync(root);
  writeFileSync(join(root, "a"), new Uint8Array(11 * MiB));
  const last = join(root, "z");
  writeFileSync(last, new Uint8Array(1.5 * MiB));
  return { root, last };
}

const changes: [string, Code, (last: string) => void][] = [
  ["grows", "source-changed", (last) => appendFileSync(last, "x")],
  ["shrinks", "source-changed", (last) => truncateSync(last, MiB)],
  ["becomes empty", "source-changed", (last) => truncateSync(last)],
  ["vanishes", "source-changed", (last) => rmSync(last)],
  ["is touched", "source-changed", (last) => utimesSync(last, 1, 1)],
  ["becomes a link", "source-changed", (last) => {
    renameSync(last, `${last}z`);
    symlinkSync("zz", last);
  }],
  ["becomes a directory", "source-changed", (last) => {
    rmSync(last);
    mkdirSync(last);
  }],
  ["is replaced by one of the same size", "source-changed", (last) => {
    writeFileSync(`${last}.new`, new Uint8Array(1.5 * MiB));
    renameSync(`${last}.new`, last);
  }],
];
if (process.getuid?.() !== 0 && !lacks("modes")) {
  changes.push(["becomes unreadable", "source-changed", (last) => chmodSync(last, 0)]);
}

for (const [what, code, change] of changes) {
  for (const jobs of what === "grows" || what === "vanishes" ? [1, 2] : [1]) {
    test(`a file that ${what} fails the push by name (jobs: ${jobs})`, async () => {
      const { root, last } = tree();
      const store = new WatchedStore();
      store.onWrite = () => {
        store.onWrite = () => {};
        change(last);
      };
      const pushing = withThreads(
        jobs,
        (threads) => push(store, { directory: root }, { tags: ["v1"], threads }),
      );
      await assert.rejects(pushing, (error) => {
        assert.ok(error instanceof BlobberError);
        assert.equal(error.code, code, String(error.stack));
        assert.ok(error.message.includes("/z"), error.message);
        return true;
      });
      assert.ok(store.written > 0);
      assert.equal(store.open, 0);
      await assert.rejects(store.resolve("v1"), { code: "not-found" });
      rmSync(root, { recursive: true });
    });
  }
}

for (const jobs of [1, 2]) {
  test(`an abort stops the push, gives the blob up and tags nothing (jobs: ${jobs})`, async () => {
    const { root } = tree();
    const store = new WatchedStore();
    const controller = new AbortController();
    store.onWrite = () => controller.abort();
    await withThreads(jobs, async (threads) => {
      const options: PushSettings = { tags: ["v1"], threads, signal: controller.signal };
      await assert.rejects(push(store, { directory: root }, options), { code: "interrupted" });
      assert.equal(store.open, 0);
      await assert.rejects(store.resolve("v1"), { code: "not-found" });
      await assert.rejects(push(store, { directory: root }, options), { code: "interrupted" });
    });
    rmSync(root, { recursive: true });
  });
}

test("what stops a push with an error of blobber's own gets that error", async () => {
  const controller = new AbortController();
  controller.abort(new BlobberError("terminated", "terminated"));
  await assert.rejects(push(new MemoryStore(), { entries: [] }, { signal: controller.signal }), {
    code: "terminated",
  });
});

test("progress ends, and never goes back", async () => {
  const { root } = tree();
  const seen: Progress[] = [];
  const onProgress = (progress: Progress) => seen.push(progress);
  const result = await push(new MemoryStore(), { directory: root }, { onProgress });
  for (const phase of ["walk", "pack", "upload"] as const) {
    const own = seen.filter((one) => one.phase === phase);
    assert.deepEqual(own.map((one) => one.done), own.map((one) => one.done).sort((a, b) => a - b));
    assert.equal(own.filter((one) => one.finished).length, 1);
    assert.equal(own.at(-1)!.finished, true);
  }
  const last = (phase: string) => seen.filter((one) => one.phase === phase).at(-1)!.done;
  assert.equal(last("walk"), 2);
  assert.equal(last("upload"), result.layer.size);
  rmSync(root, { recursive: true });
});

test("a push warns of likely secrets", async () => {
  const notices: Notice[] = [];
  const onNotice = (notice: Notice) => notices.push(notice);
  const file = (path: string, content: string) => ({
    ...{ path, type: "file" as const },
    content: new TextEncoder().encode(content),
  });
  const entries = [file(".env", "TOKEN=hunter2\n"), file("ok", "TOKEN=hunter2\n")];
  await push(new MemoryStore(), { entries }, { onNotice });
  assert.deepEqual(notices.map(({ level, code }) => [level, code]), [[
    "warning",
    "likely-secrets",
  ]]);
  assert.match(notices[0]!.message, /"\.env" \(password\)$/);
  assert.doesNotMatch(notices[0]!.message, /"ok"/);
});
