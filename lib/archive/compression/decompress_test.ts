import { test } from "node:test";
import assert from "node:assert/strict";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { concat } from "../../bytes.ts";
import { gzipMember } from "../../../tests/fakes/tar.ts";
import { Decompressor, sniff } from "./decompress.ts";
import { formatOf } from "../read/layer_kind.ts";
import { inflateMembers } from "./inflate_members.ts";

const invalid = { code: "invalid-archive" };
const noise = Uint8Array.from({ length: 700_000 }, (_, i) => (i * 2654435761) >>> (i % 23));
const text = new TextEncoder().encode("hello hello hello ".repeat(40_000));

function run(bytes: Uint8Array, step: number): Uint8Array {
  const parts: Uint8Array[] = [];
  const decompressor = new Decompressor();
  for (let at = 0; at < bytes.length; at += step) {
    for (const plain of decompressor.write(bytes.subarray(at, at + step))) {
      parts.push(plain.slice());
    }
  }
  decompressor.end();
  return concat(...parts);
}

const skippable = new Uint8Array([0x5f, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
const layers: Record<string, Uint8Array> = {
  "gzip, one member": gzipSync(concat(noise, text)),
  "gzip, several members": concat(gzipSync(noise), gzipSync(new Uint8Array(0)), gzipSync(text)),
  "zstd, one frame": zstdCompressSync(concat(noise, text)),
  "zstd, several frames": concat(zstdCompressSync(noise), zstdCompressSync(text)),
  "zstd, skippable frames": concat(
    skippable,
    zstdCompressSync(noise),
    skippable,
    zstdCompressSync(text),
    skippable,
  ),
  "plain": concat(noise, text),
};
for (const [name, bytes] of Object.entries(layers)) {
  test(`${name}: the same bytes, in pieces of any size`, () => {
    for (const step of [1e9, 65536, 1021, ...(name.includes("one") ? [] : [61])]) {
      assert.deepEqual(run(bytes, step), concat(noise, text));
    }
  });
  if (name === "plain") continue;
  test(`${name}: cut off anywhere is refused`, () => {
    for (const cut of [1, 4, 8, 9, 17, 1000, bytes.length - 30]) {
      // A cut at the end of a member is no cut: the tar reader sees that something is missing.
      const part = bytes.subarray(0, bytes.length - cut);
      if (name.includes("skippable") && cut > 10 && cut < 12) continue;
      assert.throws(() => run(part, 65536), invalid, `cut by ${cut}`);
    }
  });
  test(`${name}: trailing garbage is refused`, () => {
    for (const garbage of [[0], [0, 0, 0, 0], [0x1f], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]]) {
      assert.throws(() => run(concat(bytes, new Uint8Array(garbage)), 65536), invalid);
    }
  });
}

test("a wrong CRC or size in a gzip trailer is refused", () => {
  for (const at of [8, 7, 4, 1]) {
    const bytes = gzipSync(text).slice();
    bytes[bytes.length - at]! ^= 1;
    assert.throws(() => run(bytes, 65536), invalid);
  }
});

test("reserved flags in a gzip header are refused, optional fields are skipped", () => {
  assert.throws(() => run(gzipMember(text, 0x20), 65536), invalid);
  const bytes = gzipMember(text, 4 | 8 | 16 | 2, new Uint8Array([2, 0, 9, 9, 65, 0, 66, 0, 1, 2]));
  for (const step of [1e9, 1, 7]) assert.deepEqual(run(bytes, step), text);
});

test("broken deflate and zstd data is refused", () => {
  for (const whole of [gzipSync(noise), zstdCompressSync(text)]) {
    const bytes = whole.slice();
    bytes.fill(0xff, 20, 60);
    assert.throws(() => run(bytes, 65536), invalid);
  }
});

test("members of known extent are inflated whole, into memory that grows as far as it may", () => {
  for (const [format, pack] of [["gzip", gzipSync], ["zstd", zstdCompressSync]] as const) {
    const packed = concat(new Uint8Array(5), pack(noise), pack(text), new Uint8Array(5));
    const all = concat(noise, text);
    const inflate = (room: number, most: number, end = packed.length - 5) =>
      inflateMembers(format, packed, 5, end, new Uint8Array(room), 0, { most });
    const { output, at } = inflate(1000, 1e8);
    assert.deepEqual(output.subarray(0, at), all);
    assert.throws(() => inflate(1000, all.length - 1), { code: "limit" });
    assert.throws(() => inflate(all.length + 1, 1e8, packed.length), invalid);
  }
});

test("formats are told by their first bytes and by their media types", () => {
  assert.equal(sniff(gzipSync(text)), "gzip");
  assert.equal(sniff(zstdCompressSync(text)), "zstd");
  assert.equal(sniff(skippable), "zstd");
  assert.equal(sniff(text), "tar");
  assert.equal(formatOf("application/vnd.oci.image.layer.v1.tar+zstd"), "zstd");
  assert.equal(formatOf("application/vnd.docker.image.rootfs.diff.tar.gzip"), "gzip");
  assert.equal(formatOf("application/vnd.acme"), undefined);
});
