import { test } from "node:test";
import assert from "node:assert/strict";
import { digestOf } from "./digest.ts";
import { BlobberError } from "./errors.ts";
import {
  checkBytes,
  checkDigest,
  CheckedReader,
  checkGiven,
  isContent,
  readChecked,
} from "./checked_content.ts";

const text = new TextEncoder().encode("twelve bytes");
const good = { size: text.length, digest: digestOf(text), name: "blob" };

function plain(...parts: Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(part);
      controller.close();
    },
  });
}
const bytesStream = (bytes: Uint8Array) =>
  new Blob([bytes as Uint8Array<ArrayBuffer>]).stream() as ReadableStream<Uint8Array>;

for (const [kind, make] of [["plain", plain], ["byte", bytesStream]] as const) {
  test(`${kind} stream: right bytes arrive`, async () => {
    assert.deepEqual(await readChecked(make(text), good, 100), text);
  });
  test(`${kind} stream: a byte too many is refused`, async () => {
    const longer = new Uint8Array([...text, 1]);
    await assert.rejects(readChecked(make(longer), good, 100), { code: "integrity" });
  });
  test(`${kind} stream: a byte too few is refused`, async () => {
    await assert.rejects(readChecked(make(text.subarray(1)), good, 100), { code: "integrity" });
  });
  test(`${kind} stream: a flipped byte is refused before the last bytes are seen`, async () => {
    const flipped = text.slice();
    flipped[3]! ^= 1;
    const reader = new CheckedReader(make(flipped), good);
    await assert.rejects(reader.read(new ArrayBuffer(64)), { code: "integrity" });
  });
}

test("bytes in pieces arrive whole, and the end is reported once", async () => {
  const reader = new CheckedReader(
    plain(text.slice(0, 5), new Uint8Array(0), text.slice(5)),
    good,
  );
  const first = await reader.read(new ArrayBuffer(64));
  const second = await reader.read(new ArrayBuffer(64));
  assert.equal(first!.length + second!.length, text.length);
  assert.equal(await reader.read(new ArrayBuffer(64)), undefined);
  assert.equal(await reader.read(new ArrayBuffer(64)), undefined);
});

test("an endless stream stops at one byte more than promised and is cancelled", async () => {
  let sent = 0;
  let cancelled = false;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 4;
      controller.enqueue(text.slice(0, 4));
    },
    cancel() {
      cancelled = true;
    },
  });
  await assert.rejects(readChecked(endless, good, 100), { code: "integrity" });
  assert.ok(sent <= text.length + 8, `${sent} bytes were read`);
  assert.ok(cancelled);
});

test("a promise above the limit is refused without reading", async () => {
  await assert.rejects(readChecked(plain(text), good, 5), { code: "limit" });
});

test("empty content is right when it is expected", async () => {
  const none = { size: 0, digest: digestOf(""), name: "nothing" };
  assert.equal((await readChecked(plain(), none, 5)).length, 0);
  await assert.rejects(readChecked(plain(text), none, 5), { code: "integrity" });
});

test("what cannot be understood is blamed on wrong bytes where they are wrong", async () => {
  const broken = new BlobberError("invalid-archive", "broken gzip data");
  const flipped = text.slice();
  flipped[9]! ^= 1;
  for (const [bytes, code] of [[text, "invalid-archive"], [flipped, "integrity"]] as const) {
    const reader = new CheckedReader(plain(bytes.slice(0, 4), bytes.slice(4)), good);
    await reader.read(new ArrayBuffer(4));
    const error = await reader.explain(broken);
    assert.equal((error as BlobberError).code, code);
  }
});

test("bytes in memory are checked for size and digest", async () => {
  await checkBytes(text, good);
  const flipped = text.slice();
  flipped[3]! ^= 1;
  await assert.rejects(checkBytes(flipped, good), { code: "integrity", message: /has the digest/ });
  await assert.rejects(checkBytes(text.slice(1), good), { message: /has 11 bytes, expected 12/ });
  assert.ok(isContent(text, good));
  assert.ok(isContent(text, { digest: good.digest }));
  assert.ok(!isContent(flipped, good));
  assert.ok(!isContent(text, { ...good, size: 13 }));
});

test("what a store is given must be what its descriptor says", () => {
  const descriptor = { mediaType: "a/b", digest: good.digest, size: good.size };
  checkGiven(text, descriptor, "a store");
  checkGiven({ digest: good.digest, size: good.size }, descriptor, "a store");
  for (const wrong of [text.slice(1), { digest: good.digest, size: 13 }]) {
    assert.throws(() => checkGiven(wrong, descriptor, "a store"), {
      code: "integrity",
      message: /^a store was given sha256:.* bytes\), expected sha256:.* \(12 bytes\)$/,
    });
  }
});

test("a digest from a header that is none is quoted in the message", () => {
  const name = "tag v1";
  assert.throws(() => checkDigest({ actual: good.digest, expected: "a\x1b[2J", name }), {
    code: "integrity",
    message: /expected "a[^\p{Cc}]*"$/u,
  });
});
