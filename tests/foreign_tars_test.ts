/** The test archives of other readers of tar, entry by entry, as GNU tar sees them. */

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { concat } from "../lib/bytes.ts";
import { END } from "./fakes/tar.ts";
import { hasGnuTar, ours, run, theirs } from "./fakes/tar_views.ts";

const BLOCK = 512;

/** Cuts an archive into its entries, each with the headers that describe it. */
function* entriesOf(tar: Uint8Array): Generator<Uint8Array> {
  let from = 0;
  let stated: number | undefined;
  for (let at = 0; at + BLOCK <= tar.length;) {
    const block = tar.subarray(at, at + BLOCK);
    if (block.every((byte) => byte === 0)) return;
    const type = String.fromCharCode(block[156]!);
    at += BLOCK;
    if (type === "S") { for (let more = block[482]; more; at += BLOCK) more = tar[at + 504]; }
    const content = at;
    const size = "123456".includes(type) ? 0 : stated ?? sizeOf(block);
    at += Math.ceil(size / BLOCK) * BLOCK;
    if ("xgLK".includes(type)) {
      const records = new TextDecoder().decode(tar.subarray(content, content + size));
      if (type === "x") stated = Number(/(?:^|\n)\d+ size=(\d+)\n/.exec(records)?.[1] ?? NaN);
      if (Number.isNaN(stated)) stated = undefined;
      continue;
    }
    yield tar.subarray(from, at);
    from = at;
    stated = undefined;
  }
}

function sizeOf(block: Uint8Array): number {
  const text = new TextDecoder().decode(block.subarray(124, 136)).replace(/\0.*$/s, "").trim();
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : 0;
}

/** Why an entry that GNU tar lists is refused here, by words of the error. */
const REASONS = {
  sparse: [/sparse/, "sparse files have a format in three versions, and layers do not hold them"],
  encoding: [/not UTF-8|character set/, "a name that is not UTF-8 has no text to be shown by"],
  twice: [/two headers describe/, "readers disagree about which of two headers wins"],
  content: [/bytes of content, expected none/, "readers disagree about whether content follows"],
  incremental: [/GNU directory listing/, "a list for restoring increments is no content"],
  unknown: [/the unknown type/, "GNU tar calls a type that it does not know a file"],
  global: [/a global header sets/, "Go does not apply what a global header says of all entries"],
  nul: [/contains NUL/, "GNU tar ends a name at the NUL, others refuse it"],
  sizes: [/bytes by one header/, "two sizes of one file are two views of what follows"],
  time: [/the mtime is/, "GNU tar ignores a time that is no number"],
} as const satisfies Record<string, readonly [RegExp, string]>;

/** Which entries of which archives that are; all others look the same, or are refused by GNU tar too. */
const DIFFERENCES: Record<string, Partial<Record<keyof typeof REASONS, number>>> = {
  "gnu-incremental.tar": { incremental: 1, sparse: 1 },
  "gnu-multi-hdrs.tar": { twice: 1 },
  "gnu-nil-sparse-data.tar": { sparse: 1 },
  "gnu-nil-sparse-hole.tar": { sparse: 1 },
  "gnu-not-utf8.tar": { encoding: 1 },
  "hdr-only.tar": { content: 5 },
  "pax-bad-mtime-file.tar": { time: 1 },
  "pax-global-records.tar": { global: 2 },
  "pax-multi-hdrs.tar": { twice: 1 },
  "pax-nil-sparse-data.tar": { sparse: 1 },
  "pax-nil-sparse-hole.tar": { sparse: 1 },
  "pax-nul-path.tar": { nul: 1 },
  "pax-pos-size-file.tar": { sizes: 1 },
  "sparse-formats.tar": { sparse: 4 },
  "testtar.tar": { encoding: 5, sparse: 4, unknown: 1 },
};

/** Compares an archive, entry by entry. @returns how many look the same */
async function compare(path: string, name: string): Promise<number> {
  const found: Partial<Record<keyof typeof REASONS, number>> = {};
  let same = 0;
  let number = 0;
  for (const entry of entriesOf(readFileSync(path))) {
    const what = `entry ${++number} of ${name}`;
    const tar = concat(entry, END);
    const [view, other] = [ours(tar), await theirs(tar)];
    if (Array.isArray(view)) {
      assert.deepEqual(view, other, what);
      same++;
    } else if (other !== undefined) {
      const reason = (Object.keys(REASONS) as (keyof typeof REASONS)[])
        .find((key) => REASONS[key][0].test(view.message));
      assert.ok(reason !== undefined, `${what} is refused for no known reason: ${view.message}`);
      found[reason] = (found[reason] ?? 0) + 1;
    }
  }
  assert.deepEqual(found, DIFFERENCES[name] ?? {}, name);
  return same;
}

function skip(why: string): void {
  // deno-lint-ignore no-console -- reports a skipped test
  console.log(`skipped: ${why}`);
}

Deno.test("Go's test archives have the entries that GNU tar sees, but for known reasons", async () => {
  if (!hasGnuTar) return skip("GNU tar is not here");
  const goRoot = (await run("go", ["env", "GOROOT"]))?.text.trim();
  const testdata = goRoot ? join(goRoot, "src/archive/tar/testdata") : "";
  if (!existsSync(testdata)) return skip("Go's test data is not here");
  const names = readdirSync(testdata).filter((name) => name.endsWith(".tar"));
  let same = 0;
  for (const name of names.sort()) same += await compare(join(testdata, name), name);
  assert.ok(same >= 35, `only ${same} entries were compared`);
});

Deno.test("CPython's testtar.tar has the entries that GNU tar sees, but for known reasons", async () => {
  if (!hasGnuTar) return skip("GNU tar is not here");
  const found = await run("python3", ["-c", "import test; print(test.__path__[0])"]);
  const tests = found?.ok ? found.text.trim() : "";
  const path = ["testtar.tar", "archivetestdata/testtar.tar"].map((name) => join(tests, name))
    .find((path) => existsSync(path));
  if (path === undefined) return skip("CPython's tests are not here");
  assert.ok(await compare(path, "testtar.tar") >= 28);
});
