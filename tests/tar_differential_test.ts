import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pax, type TarItem, tarOf } from "./fakes/tar.ts";
import { hasGnuTar, ours, run, theirs } from "./fakes/tar_views.ts";

const goRoot = (await run("go", ["env", "GOROOT"]))?.text.trim();
const testdata = goRoot ? join(goRoot, "src/archive/tar/testdata") : "";

/** The same view as GNU tar, or none. */
async function compare(tar: Uint8Array, what: string): Promise<boolean> {
  const view = ours(tar);
  if (!Array.isArray(view)) return false;
  assert.deepEqual(view, await theirs(tar), what);
  return true;
}

function skip(why: string): void {
  // deno-lint-ignore no-console -- reports a skipped test
  console.log(`skipped: ${why}`);
}

Deno.test("TARmageddon: Go's test archives have the entries that GNU tar sees, or are refused", async () => {
  if (!hasGnuTar) return skip("GNU tar is not here");
  if (!existsSync(testdata)) return skip("Go's test data is not here");
  const accepted: string[] = [];
  for (const name of readdirSync(testdata).filter((name) => name.endsWith(".tar")).sort()) {
    if (await compare(readFileSync(join(testdata, name)), name)) accepted.push(name);
  }
  // What is refused is refused for a reason; the plain ones are not.
  for (
    const name of ["gnu.tar", "ustar.tar", "v7.tar", "pax.tar", "star.tar", "file-and-dir.tar"]
  ) {
    assert.ok(accepted.includes(name) || !existsSync(join(testdata, name)), `${name} was refused`);
  }
});

Deno.test("TARmageddon: mutated archives have the entries that GNU tar sees, or are refused", async () => {
  if (!hasGnuTar) return skip("GNU tar is not here");
  const items: TarItem[] = [
    { name: "a/", type: "5", mode: 0o755 },
    { name: "a/file", data: "content ".repeat(100) },
    pax({ path: "a/" + "long/".repeat(30) + "f", mtime: "5.5" }),
    { name: "x", data: "by pax" },
    { name: "././@LongLink", type: "L", data: "g/" + "nu/".repeat(50) + "f\0", magic: "ustar  \0" },
    { name: "g", data: "by gnu", magic: "ustar  \0" },
    { name: "link", type: "2", link: "a/file" },
    { name: "hard", type: "1", link: "a/file" },
    pax({ size: "600" }),
    { name: "sized", data: "s".repeat(600), size: 0 },
    { name: "end", data: "end" },
  ];
  const good = tarOf(...items);
  assert.ok(await compare(good, "the archive itself"));
  let seed = 7;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % below;
  };
  let accepted = 0;
  for (let round = 0; round < 200; round++) {
    const tar = good.slice();
    const block = random(good.length / 512) * 512;
    const fields = [0, 100, 124, 130, 135, 136, 156, 157, 257, 263, 345];
    const at = block + fields[random(fields.length)]! + random(4);
    tar[at] = [0, 0x20, 0x30, 0x31, 0x37, 0x80, 0xff, 0x2f, 0x67, 0x78, 0x4c][random(11)]!;
    // With a matching checksum, so that the change is parsed.
    if (tar[block + 257] === 0x75) {
      tar.fill(0x20, block + 148, block + 156);
      const sum = tar.subarray(block, block + 512).reduce((all, byte) => all + byte, 0);
      tar.set(new TextEncoder().encode(sum.toString(8).padStart(6, "0") + "\0 "), block + 148);
    }
    if (await compare(tar, `round ${round}: byte ${at} is ${tar[at]}`)) accepted++;
  }
  assert.ok(accepted > 20, `only ${accepted} were accepted`);
});
