import assert from "node:assert/strict";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pull } from "../lib/verbs/pull.ts";
import { AFTER, BEFORE, updatedImage } from "./fakes/processes/updated_image.ts";
import { fileNeeds } from "./fakes/only_on.ts";
import { scratch, snapshot } from "./fakes/pulling.ts";
import { bytesOf, type TarItem } from "./fakes/tar.ts";

fileNeeds("signals", "modes");

const program = fileURLToPath(new URL("./fakes/processes/killed_update.ts", import.meta.url));

async function killed(dir: string, point: string, count: number): Promise<boolean> {
  const args = ["run", "-A", "--no-lock", "--quiet", program, dir, point, `${count}`];
  const { signal, success } = await new Deno.Command(Deno.execPath(), { args }).output();
  assert.ok(success || signal === "SIGKILL", "the update ended by itself in an error");
  return signal === "SIGKILL";
}

/** What an item is on the disk, or nothing. */
function isThere(dir: string, { name, type, data = "", mode = 0o644, link }: TarItem): boolean {
  const path = join(dir, name);
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return false;
  if (type === "2") return stat.isSymbolicLink() && readlinkSync(path) === link;
  return stat.isFile() && (stat.mode & 0o777) === mode &&
    readFileSync(path).equals(bytesOf(data));
}

/** Each file is the one of before or the one of after, and whole; nothing else is there. */
function checkWhole(dir: string): void {
  const names = new Set([...BEFORE, ...AFTER].map(({ name }) => name));
  for (const name of names) {
    const versions = [BEFORE, AFTER].map((items) => items.find((one) => one.name === name));
    const isOneOfThem = versions.some((one) =>
      one === undefined
        ? lstatSync(join(dir, name), { throwIfNoEntry: false }) === undefined
        : isThere(dir, one)
    );
    assert.ok(isOneOfThem, `${name} is neither old nor new`);
  }
}

function left(dir: string): string[] {
  return readdirSync(dir).filter((name) => name.startsWith(".blobber-"));
}

// Steps: five that are moved, one mode, three that are removed. Pieces: the config, the table, and ranges.
const POINTS = [
  ...Array.from({ length: 10 }, (_, count) => ["step", count] as const),
  ...[1, 2, 3, 4].map((count) => ["piece", count] as const),
];

Deno.test("an update that is killed leaves each file old or new, and the next run completes it", async () => {
  const [before, after] = [updatedImage(BEFORE), updatedImage(AFTER)];
  using whole = scratch();
  await pull(after.source, after.manifest, whole.path);
  const expected = snapshot(whole.path);
  let kills = 0;
  // At random points, of which all are met in some runs.
  const order = POINTS.map((point) => ({ point, at: Math.random() })).sort((a, b) => a.at - b.at);
  for (const { point: [point, count] } of order.slice(0, 5)) {
    using dir = scratch();
    const target = join(dir.path, "out");
    await pull(before.source, before.manifest, target);
    const old = snapshot(target);
    if (!await killed(target, point, count)) continue;
    kills++;
    checkWhole(target);
    if (point === "piece") {
      const [staging] = left(target);
      const seen = Object.entries(snapshot(target))
        .filter(([name]) => staging === undefined || !name.startsWith(staging));
      assert.deepEqual(Object.fromEntries(seen), old);
    }
    // Nothing is removed before all else is in place.
    if (!existsSync(join(target, "gone/x"))) assert.ok(AFTER.every((one) => isThere(target, one)));
    await pull(after.source, after.manifest, target, { overwrite: true, delete: true });
    assert.deepEqual(snapshot(target), expected, `${point} ${count}`);
    assert.deepEqual(left(target), []);
  }
  assert.ok(kills > 0);
});
