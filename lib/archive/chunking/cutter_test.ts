import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { digestOf, hexOf as digits } from "../../digest.ts";
import { CHUNK_RULE_NAME, chunkRuleOf, WHOLE_FILE_BYTES } from "./chunk_rule.ts";
import { cutsOf, Cutter } from "./cutter.ts";
import { gear, GEAR_WINDOW } from "./gear.ts";

/** The golden file: another program made it, by docs/chunks.md. */
const VECTORS = JSON.parse(
  readFileSync(new URL("../../../tests/vectors/chunks.json", import.meta.url), "utf8"),
) as {
  rule: string;
  gear: { first: number[]; last: number; sha256: string };
  files: {
    generator: keyof typeof GENERATORS;
    size: number;
    sha256: string;
    chunks: number;
    ends?: number[];
    endsSha256?: string;
  }[];
};

const GENERATORS = {
  noise(size: number) {
    const bytes = new Uint8Array(size);
    let x = 1;
    for (let i = 0; i < size; i++) {
      x = Math.imul(x, 1664525) + 1013904223 | 0;
      bytes[i] = x >>> 24;
    }
    return bytes;
  },
  lines(size: number) {
    let text = "";
    for (let i = 0; text.length < size; i++) text += `${i}\n`;
    return new TextEncoder().encode(text.slice(0, size));
  },
  counters(size: number) {
    const bytes = new Uint8Array(size);
    const view = new DataView(bytes.buffer);
    for (let i = 0; 4 * i + 4 <= size; i++) view.setUint32(4 * i, Math.imul(77, i) >>> 0, true);
    return bytes;
  },
  zeros: (size: number) => new Uint8Array(size),
};

const hexOf = (bytes: Uint8Array | string) => digits(digestOf(bytes));

test("the gear's numbers are those of the golden file", () => {
  const numbers = gear();
  const bytes = new DataView(new ArrayBuffer(4 * numbers.length));
  numbers.forEach((number, i) => bytes.setInt32(4 * i, number));
  assert.equal(hexOf(new Uint8Array(bytes.buffer)), VECTORS.gear.sha256);
  assert.deepEqual([...numbers.subarray(0, 4)].map((one) => one >>> 0), VECTORS.gear.first);
  assert.equal(numbers[255]! >>> 0, VECTORS.gear.last);
});

test("files are cut where the golden file says", () => {
  assert.equal(CHUNK_RULE_NAME, VECTORS.rule);
  for (const { generator, size, sha256, chunks, ends, endsSha256 } of VECTORS.files) {
    const bytes = GENERATORS[generator](size);
    assert.equal(hexOf(bytes), sha256, `${generator} makes another file`);
    const cuts = cutsOf(bytes);
    assert.equal(cuts.length, chunks, `${generator} ${size}`);
    if (ends !== undefined) assert.deepEqual(cuts, ends);
    else assert.equal(hexOf(cuts.map((end) => `${end}\n`).join("")), endsSha256);
  }
});

test("cuts are the same in whatever pieces the content comes", () => {
  const bytes = GENERATORS.noise(600_000);
  const expected = cutsOf(bytes);
  const { smallest } = chunkRuleOf(bytes.length)!;
  const around = Array.from({ length: GEAR_WINDOW + 3 }, (_, i) => smallest - i);
  for (const size of [1, 7, 1000, 65_536, 524_288, ...around]) {
    const cutter = new Cutter(bytes.length);
    const ends: number[] = [];
    for (let from = 0; from < bytes.length; from += size) {
      // Each piece is alone in a buffer of its own, at its end.
      const piece = bytes.slice(from, from + size);
      for (let at = 0; at < piece.length;) {
        const end = cutter.next(piece, at, piece.length);
        if (end < 0) break;
        ends.push(from + end);
        at = end;
      }
    }
    assert.deepEqual(ends, expected, `pieces of ${size}`);
  }
});

test("cuts are the same where what need not be looked at is passed over", () => {
  for (const size of [600_000, 1_000_000]) {
    const bytes = GENERATORS.lines(size);
    const cutter = new Cutter(size);
    const ends: number[] = [];
    let skipped = 0;
    for (let at = 0; at < size;) {
      const passed = cutter.skip();
      assert.equal(passed === 0 ? 0 : cutter.skip(), 0);
      at += passed;
      skipped += passed;
      let end = at < size ? -1 : 0;
      while (end < 0) {
        const piece = bytes.slice(at, at + 10_000);
        end = cutter.next(piece, 0, piece.length);
        at += end < 0 ? piece.length : end;
      }
      ends.push(at);
    }
    assert.deepEqual(ends, cutsOf(bytes));
    assert.ok(skipped > size * 0.6, `${skipped}`);
  }
});

test("an edit changes the chunks that it is in, and moves the others", () => {
  const bytes = GENERATORS.lines(9_000_000);
  const line = new TextEncoder().encode("one line more\n");
  const chunksOf = (content: Uint8Array) => {
    let from = 0;
    return cutsOf(content).map((end) => hexOf(content.subarray(from, from = end)));
  };
  const before = new Set(chunksOf(bytes));
  for (const at of [0, 4_500_000, bytes.length]) {
    const edited = new Uint8Array(bytes.length + line.length);
    edited.set(bytes.subarray(0, at));
    edited.set(line, at);
    edited.set(bytes.subarray(at), at + line.length);
    const changed = chunksOf(edited).filter((chunk) => !before.has(chunk)).length;
    assert.ok(changed >= 1 && changed <= 2, `${changed} chunks changed at ${at}`);
  }
});

test("no chunk is smaller or larger than the rule says, whatever the content", () => {
  assert.equal(chunkRuleOf(WHOLE_FILE_BYTES), undefined);
  assert.deepEqual(cutsOf(new Uint8Array(WHOLE_FILE_BYTES)), [WHOLE_FILE_BYTES]);
  assert.deepEqual(cutsOf(new Uint8Array(0)), []);
  // A period in which some place is an end: the end of the first chunk of noise, and what stands before it.
  const noise = GENERATORS.noise(1_000_000);
  const [end] = cutsOf(noise);
  const period = noise.subarray(end! - GEAR_WINDOW, end);
  const hostile = new Uint8Array(2_000_000).map((_, i) => period[i % GEAR_WINDOW]!);
  for (const bytes of [hostile, new Uint8Array(2_000_000), new Uint8Array(2_000_000).fill(255)]) {
    const { smallest, largest } = chunkRuleOf(bytes.length)!;
    let from = 0;
    const sizes = cutsOf(bytes).map((end) => -from + (from = end));
    sizes.pop();
    const expected = bytes === hostile ? smallest : largest;
    assert.deepEqual(sizes, sizes.map(() => expected));
    assert.equal(from, bytes.length);
  }
});

test("another file's rule finds the chunks that this file shares with that one", () => {
  const old = GENERATORS.noise(16 * 1024 * 1024);
  const grown = GENERATORS.noise(16 * 1024 * 1024 + 100_000);
  const rule = chunkRuleOf(grown.length)!;
  assert.notEqual(rule.average, chunkRuleOf(old.length)!.average);
  const cuts = cutsOf(grown);
  const shared = cutsOf(old, rule).filter((end) => cuts.includes(end)).length;
  assert.ok(shared >= cuts.length - 2, `${shared} of ${cuts.length}`);
});
