/**
 * Aborts every call of a client, of an image and of a store: before it begins, as it begins, and at each request
 * that it makes. All reject with `interrupted`, whose cause is the signal's reason, and leave nothing behind.
 *
 * @module
 */

import assert from "node:assert/strict";
import { BlobberError, isBlobberError } from "@blobber/core";
import {
  CALLS,
  caught,
  clientOf,
  IMAGE_CALLS,
  SIGNER,
  startBench,
  unhandled,
  VERIFIER,
} from "./kit/calls.ts";

const REASONS: unknown[] = [
  undefined,
  "enough",
  new Error("enough"),
  new BlobberError("not-found", "of the caller's own"),
  new DOMException("late", "TimeoutError"),
];

function check(error: unknown, { reason }: AbortSignal, what: string): void {
  const seen = isBlobberError(error) ? [error.code, error.name] : [String(error)];
  const name = reason instanceof DOMException && reason.name === "TimeoutError"
    ? "TimeoutError"
    : "AbortError";
  assert.deepEqual(seen, ["interrupted", name], what);
  assert.ok((error as Error).cause === reason, `${what}: another cause`);
}

const lost = unhandled();
const bench = await startBench();
try {
  for (const at of ["registry", "layout"] as const) {
    for (const [name, call] of Object.entries(CALLS)) {
      const what = `${name} (${at})`;
      for (const reason of REASONS) {
        const signal = AbortSignal.abort(reason);
        const client = clientOf();
        const before = bench.registry.requests.length;
        check(await caught(call({ client, options: { signal }, bench, at })), signal, what);
        assert.equal(bench.registry.requests.length, before, `${what}: asked all the same`);
      }
      const stop = new AbortController();
      const client = clientOf();
      const calling = call({ client, options: { signal: stop.signal }, bench, at });
      stop.abort("as it begins");
      check(await caught(calling), stop.signal, `${what}, as it begins`);
      assert.deepEqual(bench.leftovers(), [], what);
      // At its first request, then at its second, until it makes no more.
      for (let number = 1, more = true; more; number++) {
        const stop = new AbortController();
        let count = 0;
        bench.registry.onRequest = () => {
          if (++count === number) stop.abort(number);
          return undefined;
        };
        const { signal } = stop;
        const client = clientOf();
        const ended = await call({ client, options: { signal }, bench, at }).then(
          () => "done",
          (error) => error,
        );
        bench.registry.onRequest = undefined;
        more = signal.aborted;
        // What was asked last may have been all that the call had to do.
        if (ended !== "done") check(ended, signal, `${what}, at request ${number}`);
        else bench.leftovers();
        assert.deepEqual(bench.leftovers(), [], `${what}, at request ${number}`);
        assert.ok(number < 100);
      }
    }
    for (const [name, call] of Object.entries(IMAGE_CALLS)) {
      const stop = new AbortController();
      const client = clientOf();
      const image = await client.openImage(bench.refs[at], { signal: stop.signal });
      stop.abort("enough");
      check(await caught(call(image, {})), stop.signal, `image.${name} (${at})`);
    }
    for (const name of ["open", "read"]) {
      const client = clientOf();
      const image = await client.openImage(bench.refs[at]);
      const signal = AbortSignal.abort("enough");
      check(await caught(IMAGE_CALLS[name]!(image, { signal })), signal, `image.${name} (${at})`);
      assert.equal(await IMAGE_CALLS[name]!(image, {}).then(() => "read"), "read");
      // Halfway through the stream.
      const stop = new AbortController();
      const stream = await image.open("large", { signal: stop.signal });
      const reader = stream.getReader();
      await reader.read();
      stop.abort("halfway");
      const reading = async () => {
        while (!(await reader.read()).done);
      };
      check(await caught(reading()), stop.signal, `a stream (${at})`);
    }
  }
  // What a call runs of the caller's own can be aborted too.
  const stop = new AbortController();
  const client = clientOf({
    signer: { sign: (...args) => (stop.abort("signing"), SIGNER.sign(...args)) },
    verifier: { ...VERIFIER, verify: (...args) => (stop.abort("x"), VERIFIER.verify(...args)) },
  });
  const { signal } = stop;
  check(await caught(client.sign(bench.refs.registry, { signal })), signal, "in the signer");
  assert.deepEqual(bench.leftovers(), []);
} finally {
  await bench.close();
}
await new Promise((done) => setTimeout(done, 0));
assert.deepEqual(lost, []);
