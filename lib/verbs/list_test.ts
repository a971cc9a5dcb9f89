import assert from "node:assert/strict";
import { chmodSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { imageOf, stargz, tarOf } from "../../tests/fakes/tar.ts";
import { withDirectory } from "../../tests/fakes/registry/watched_store.ts";
import { withCache } from "../stores/cache/cached_source.ts";
import { clearCache, pruneCache } from "../stores/cache/maintenance.ts";
import { hexOf } from "../digest.ts";
import { openImage } from "./image.ts";
import { listEntries, Listing, listNames } from "./list.ts";

const NAMES = "a b\ndir\ndir.txt\ndir/Þ";
const made = imageOf(
  stargz([{ name: "a b" }, { name: "dir.txt", data: "x" }, { name: "dir/", type: "5" }]),
  stargz([{ name: "dir/Þ", data: "y" }]),
);
const { source, manifest } = made;

const noteOf = (directory: string) =>
  join(directory, "listings/sha256", hexOf(manifest.descriptor.digest));

/** Lists by way of a cache, and says how many requests that took. */
async function list(directory: string): Promise<{ names: string; requests: number }> {
  const before = source.requests.length;
  const { names, plain } = await listNames(withCache(source, directory), manifest);
  assert.ok(plain);
  return { names, requests: source.requests.length - before };
}

test("names are listed as an image has them, without a cache", async () => {
  const before = source.requests.length;
  assert.deepEqual(await listNames(source, manifest), { names: NAMES, plain: true });
  assert.deepEqual(await listNames(source, manifest), { names: NAMES, plain: true });
  assert.equal(source.requests.length, before + 4);
  const image = await openImage(source, manifest);
  assert.deepEqual(await image.paths(), NAMES.split("\n"));
  await image.close();
});

test("what was listed once is listed again out of a note, and so is nothing at all", () =>
  withDirectory(async (directory) => {
    assert.deepEqual(await list(directory), { names: NAMES, requests: 2 });
    // Not from the tables, which are in the cache as well.
    dropFetched(directory);
    assert.deepEqual(await list(directory), { names: NAMES, requests: 0 });
    clearCache(directory);
    assert.deepEqual(existsSync(noteOf(directory)), false);
    assert.deepEqual(await list(directory), { names: NAMES, requests: 2 });
    const empty = imageOf(stargz([]));
    for (let times = 0; times < 2; times++) {
      const cached = withCache(empty.source, directory);
      assert.deepEqual(await listNames(cached, empty.manifest), { names: "", plain: true });
      assert.equal(empty.source.requests.length, 1);
    }
  }));

test("names that pass for others are not plain, out of a table and out of a note", () =>
  withDirectory(async (directory) => {
    for (
      const [name, plain] of [["a\u202eb", false], ["a\u200bb", false], ["é 🦕", true]] as const
    ) {
      const odd = imageOf(stargz([{ name }]));
      for (let times = 0; times < 2; times++) {
        const cached = withCache(odd.source, directory);
        assert.deepEqual(await listNames(cached, odd.manifest), { names: name, plain });
        assert.equal(odd.source.requests.length, 1);
      }
    }
  }));

test("a note goes with the manifest that it is about", () =>
  withDirectory(async (directory) => {
    await list(directory);
    pruneCache(directory, { maxSize: 0 });
    assert.ok(existsSync(noteOf(directory)), "it may be on its way");
    const { now } = Date;
    Date.now = () => now() + 7_200_000;
    try {
      pruneCache(directory, {});
    } finally {
      Date.now = now;
    }
    assert.equal(existsSync(noteOf(directory)), false);
  }));

test("a note that is damaged, of another manifest or from elsewhere does not count", () =>
  withDirectory(async (directory) => {
    await list(directory);
    const note = noteOf(directory);
    const whole = readFileSync(note);
    const other = imageOf(stargz([{ name: "evil" }]));
    await listNames(withCache(other.source, directory), other.manifest);
    const evil = readFileSync(
      join(directory, "listings/sha256", hexOf(other.manifest.descriptor.digest)),
    );
    const flipped = Uint8Array.from(whole);
    flipped[40]! ^= 1;
    for (const bytes of [evil, flipped, whole.subarray(0, -1), whole.subarray(0, 20), ""]) {
      writeFileSync(note, bytes);
      assert.equal((await list(directory)).names, NAMES);
      assert.deepEqual(readFileSync(note), whole, "it was made anew");
    }

    const moved = `${directory}-moved`;
    cpSync(directory, moved, { recursive: true });
    chmodSync(moved, 0o700);
    dropFetched(moved);
    assert.deepEqual(await list(moved), { names: NAMES, requests: 2 });
    assert.notDeepEqual(readFileSync(noteOf(moved)), whole);
  }));

test("a cache whose mark or note cannot be used fails no listing", () =>
  withDirectory(async (directory) => {
    await list(directory);
    for (const mark of ["", "short", "x".repeat(33)]) {
      writeFileSync(join(directory, "origin"), mark);
      assert.equal((await list(directory)).names, NAMES);
      assert.equal(readFileSync(join(directory, "origin")).length, 32);
      dropFetched(directory);
      assert.deepEqual(await list(directory), { names: NAMES, requests: 0 });
    }
  }));

/** Removes what was fetched. */
function dropFetched(directory: string): void {
  for (const room of ["blobs", "parts"]) rmSync(join(directory, room), { recursive: true });
}

test("an archive in which a name has a line feed is refused: no name passes for two", async () => {
  for (const odd of [stargz([{ name: "a\nb" }]), tarOf({ name: "a\nb" })]) {
    const { source, manifest } = imageOf(odd);
    await assert.rejects(listNames(source, manifest), { code: "invalid-archive" });
  }
});

test("a result has its names as a list and as the text that it was noted as, and keeps them in a copy", () => {
  const entries = async function* () {};
  const { digest } = manifest.descriptor;
  for (const [names, expected] of [["a\nb", ["a", "b"]], ["", []]] as const) {
    const text = { names, plain: true };
    const listing = new Listing({ names: text, digest, verdict: undefined, entries });
    assert.equal(Listing.textOf(listing), text, "not joined again");
    assert.deepEqual(listing.names, expected);
    assert.equal(listing.names, listing.names, "taken apart once");
    assert.deepEqual({ ...listing }.names, expected);
    assert.deepEqual(structuredClone(listing).names, expected);
    assert.deepEqual(Listing.textOf({ digest, names: expected, entries }), text);
  }
});

test("entries are those of an image, read when the first is asked for, and closed when it is left", async () => {
  const before = source.requests.length;
  const entries = listEntries(source, manifest);
  assert.equal(source.requests.length, before);
  const found = await Array.fromAsync(entries);
  const image = await openImage(source, manifest);
  assert.deepEqual(found, await image.entries());
  await image.close();
  const left = listEntries(source, manifest);
  assert.equal((await left.next()).value!.path, "a b");
  await left.return();
  assert.deepEqual(await left.next(), { value: undefined, done: true });
});
