import { after, afterEach, test } from "node:test";
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TUF_TIMEOUT_MS, TUF_UPDATE_MS } from "@blobber/core/limits";
import { TufRepository } from "../../tests/fakes/tuf_repository.ts";
import { publicTarget } from "./tuf.ts";

const cacheDir = mkdtempSync(join(tmpdir(), "blobber-slow-"));
const { timeout } = AbortSignal;
const { fetch } = globalThis;
afterEach(() => {
  AbortSignal.timeout = timeout;
  globalThis.fetch = fetch;
});
after(() => rmSync(cacheDir, { recursive: true, force: true }));

for (
  const [what, alarm] of [["an answer", TUF_TIMEOUT_MS], ["an update", TUF_UPDATE_MS]] as const
) {
  test(`slow-fulcio: ${what} of a TUF repository that comes byte by byte is given up in time`, async () => {
    const alarms: { ms: number; stop: AbortController }[] = [];
    AbortSignal.timeout = (ms) => {
      const stop = new AbortController();
      alarms.push({ ms, stop });
      return stop.signal;
    };
    let sent = 0;
    globalThis.fetch = (_, init) => {
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          init!.signal!.addEventListener("abort", () => controller.error(init!.signal!.reason));
        },
        pull(controller) {
          controller.enqueue(new Uint8Array([0x20]));
          // By the tenth byte the time is over, without any having passed.
          if (++sent === 10) alarms.find(({ ms }) => ms === alarm)!.stop.abort(new Error("late"));
        },
      }, { highWaterMark: 0 });
      return Promise.resolve(new Response(body));
    };
    const root = new TufRepository().firstRoot();
    await assert.rejects(
      publicTarget("trusted_root.json", { url: "https://tuf.test", root, cacheDir }),
      { code: "trust-root", message: /cannot be fetched: .*late/ },
    );
    assert.ok(sent <= 11, `${sent} bytes were taken`);
  });
}
