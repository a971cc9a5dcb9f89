/**
 * Pins the bytes of `gzip-1`. A digest here never changes: artifacts are rebuilt with it. What would
 * change one is another format, under another name, beside this one.
 */

import { test } from "node:test";
import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { concat } from "../../bytes.ts";
import { Digester } from "../../digest.ts";
import { PinnedGzip } from "./pinned_gzip.ts";

/** Numbers that look random, the same everywhere. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** Bytes of which each is one of so many, by chance. */
function noise(size: number, kinds = 256): Uint8Array {
  const next = randomNumbers(size + kinds);
  return Uint8Array.from({ length: size }, () => (next() >>> 8) % kinds);
}

/** Words in an order that has some sense: literals and matches near and far. */
function text(size: number): Uint8Array {
  const next = randomNumbers(7);
  const words = Array.from({ length: 500 }, () => {
    const length = 2 + next() % 9;
    return Array.from({ length }, () => String.fromCharCode(97 + (next() >>> 4) % 26)).join("");
  });
  let all = "";
  while (all.length < size) {
    const rank = next() % 500 * (next() % 500) / 500 | 0;
    all += words[rank] + (next() % 11 === 0 ? ".\n" : " ");
  }
  return new TextEncoder().encode(all.slice(0, size));
}

function counters(count: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * count));
  for (let i = 0; i < count; i++) view.setUint32(4 * i, 77 * i, true);
  return new Uint8Array(view.buffer);
}

/** Symbols of which each is twice as rare as the one before: codes that would be longer than they may be. */
function steep(): Uint8Array {
  const parts = Array.from({ length: 19 }, (_, i) => new Uint8Array(2 ** i).fill(i * 13));
  const next = randomNumbers(3);
  const all = concat(...parts);
  for (let i = all.length - 1; i > 0; i--) {
    const j = next() % (i + 1);
    [all[i], all[j]] = [all[j]!, all[i]!];
  }
  return all;
}

const far = noise(32 * 1024 + 4);
const INPUTS: Record<string, () => Uint8Array> = {
  "nothing": () => new Uint8Array(0),
  "one byte": () => new Uint8Array([65]),
  "five bytes": () => text(5),
  "a short text": () => text(100),
  "text": () => text(65_536),
  "much text": () => text(575_000),
  "zeros": () => new Uint8Array(300_000),
  "one byte less than a window of zeros": () => new Uint8Array(32 * 1024 - 1),
  "noise": () => noise(70_000),
  "much noise": () => noise(524_288),
  "stored blocks of the largest size": () => noise(2 * 65_535),
  "two symbols": () => noise(100_000, 2),
  "sixteen symbols": () => noise(100_000, 16),
  "counters": () => counters(50_000),
  "steep counts": steep,
  "noise, then text": () => concat(noise(100_000), text(100_000)),
  "text, then noise": () => concat(text(100_000), noise(100_000)),
  "a match at the greatest distance": () => concat(far.subarray(4), far.subarray(4, 300)),
  "a match just beyond it": () => concat(far, far.subarray(0, 4), far.subarray(5, 20)),
  "matches of all lengths": () =>
    concat(...Array.from({ length: 300 }, (_, i) => concat(far.subarray(0, i), text(1)))),
};

const VECTORS: Record<string, string> = {
  "nothing": "20 sha256:ac73670af3abed54ac6fb4695131f4099be9fbe39d6076c5d0264a6bbdae9d83",
  "one byte": "21 sha256:272247b6d1c6524e7e32c9a832a496899acda439720d680d495bde23d72f756a",
  "five bytes": "25 sha256:05c4648842d6ffbab684098a5201430fcaecc4f4f1536d42ecb43434c3d337d9",
  "a short text": "101 sha256:e50a2d995fc067e32a9f79cf4f1b7d1d2d476e4da4d5f43b19e30a0332a461a2",
  "text": "21248 sha256:44ee4caf3d914a4b20a7adb6cf989d7c97c7322b0f5c738517a243344de278e7",
  "much text": "175198 sha256:c66c6b06f9715ba4302e484253855fb293c0310afbbadec454d4877e5fc4a415",
  "zeros": "325 sha256:2e11947177e9f3d128974084af2e01c43acba7e2ec2bc1a8bf5ef08a8f2dcb75",
  "one byte less than a window of zeros":
    "64 sha256:0c3ab0991321a088b4efc1b23de205b2a8832a5cdfd642d8296e3f469305cb48",
  "noise": "70028 sha256:142cff4924e145374533f0c33d5844088b290c3ec1a215746284ebc12d1718be",
  "much noise": "524351 sha256:c2e1eaea962f0274625e6771290a3111fc44e4088a93111d8ae961d353ac0b6e",
  "stored blocks of the largest size":
    "131098 sha256:9ac901de4c8071b81a9dee3b01b30aa5b0cd3747f8a0698e17796e3f484fae0b",
  "two symbols": "17546 sha256:aa2b8078095768fbdf5d15593fda4fb040a4cf0eb87b58b14cd11ac3e17b6a2f",
  "sixteen symbols":
    "54580 sha256:77a5a8b13976984750123f6172c06de130c09358c08c58a90f644c1a0cc8aab4",
  "counters": "165811 sha256:b39fa3ce7ee3299357ffb44378e63be13b9d9e3b2245596ffbca60161ab9fef6",
  "steep counts": "176676 sha256:912a2d6b1638a1b96454882f008d6a843307e2c8b3d0517da3c632c2aa54dcbf",
  "noise, then text":
    "138585 sha256:cdd8c5e2d94ca31b954ef1a7351067b0b0106eace307da7357f319e5257dedeb",
  "text, then noise":
    "135061 sha256:f9605c5843409bca53a768a9dd774002c3ab6a4ab173d7f47e04ff1a80ab13b7",
  "a match at the greatest distance":
    "32844 sha256:356fe5aea3767bea013c5d23702215f758133f3f42f8d4fe8d148cd9a9f8d1f1",
  "a match just beyond it":
    "32814 sha256:1d797ece5672dc4a8756ace13b49035465ae527f3cff656b12a4e6f2864fb979",
  "matches of all lengths":
    "1368 sha256:78dd4546550d2add64718b5e0b5fdf8648154ae59da5b048ae9b5bfc9795b4c2",
};
const STREAM = "854343 sha256:75c7d4cd547880831202fd7faa4869b26e3b3ad07b3efae0c2b8de11f7460304";

function member(maker: PinnedGzip, plain: Uint8Array): Uint8Array {
  const output = new Uint8Array(plain.length + (plain.length >> 6) + 128);
  return output.subarray(0, maker.member(plain, output, 0));
}

function digest(bytes: Uint8Array): string {
  return new Digester().update(bytes).digest();
}

for (const [name, make] of Object.entries(INPUTS)) {
  test(`gzip-1 of ${name} keeps its bytes`, () => {
    const plain = make();
    const packed = member(new PinnedGzip(), plain);
    assert.deepEqual(new Uint8Array(gunzipSync(packed)), new Uint8Array(plain));
    assert.equal(`${packed.length} ${digest(packed)}`, VECTORS[name]);
  });
}

test("nothing that came before changes a member", () => {
  const maker = new PinnedGzip();
  for (let round = 0; round < 2; round++) {
    for (const [name, make] of Object.entries(INPUTS).reverse()) {
      const packed = member(maker, make());
      assert.equal(`${packed.length} ${digest(packed)}`, VECTORS[name], name);
    }
  }
});

test("a stream keeps its bytes, however it is cut and whatever came before it", () => {
  const plain = concat(text(700_000), noise(300_000), counters(100_000));
  const maker = new PinnedGzip();
  for (const cut of [plain.length, 262_144, 100_000, 4097]) {
    const parts: Uint8Array[] = [];
    for (let at = 0; at < plain.length; at += cut) parts.push(plain.subarray(at, at + cut));
    const pieces: Uint8Array[] = [];
    for (const piece of maker.stream(parts)) pieces.push(piece.slice());
    const packed = concat(...pieces);
    assert.deepEqual(new Uint8Array(gunzipSync(packed)), plain);
    assert.equal(`${packed.length} ${digest(packed)}`, STREAM);
  }
  assert.deepEqual(concat(...maker.stream([])), member(maker, new Uint8Array(0)));
});

test("what stands around the bytes changes nothing", () => {
  const maker = new PinnedGzip();
  const plain = text(65_536);
  const expected = member(maker, plain);
  const around = noise(70_000);
  around.set(plain, 1001);
  const output = new Uint8Array(70_000).fill(255);
  const end = maker.member(around.subarray(1001, 1001 + plain.length), output, 333);
  assert.deepEqual(output.subarray(333, end), expected);
  assert.ok(output.subarray(0, 333).every((byte) => byte === 255));
});

test("too little room is an error, not a broken member", () => {
  const maker = new PinnedGzip();
  for (const plain of [noise(70_000), text(70_000)]) {
    const expected = member(maker, plain);
    for (const room of [0, 9, 12, 1000, expected.length - 1]) {
      assert.throws(() => maker.member(plain, new Uint8Array(room), 0), { code: "unexpected" });
    }
    assert.deepEqual(member(maker, plain), expected);
  }
});
