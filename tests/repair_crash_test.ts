/** Repairs that are killed at random points: each file is the damaged or the right one, and the next run completes it. */

import assert from "node:assert/strict";
import { chmodSync, lstatSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkTree } from "../lib/verbs/check/check.ts";
import { pull } from "../lib/verbs/pull.ts";
import { fileNeeds } from "./fakes/only_on.ts";
import { AFTER, updatedImage } from "./fakes/processes/updated_image.ts";
import { scratch, snapshot } from "./fakes/pulling.ts";
import { spoil } from "./fakes/updated_tree.ts";

fileNeeds("signals", "modes");

const program = fileURLToPath(new URL("./fakes/processes/killed_repair.ts", import.meta.url));

async function killed(dir: string, point: string, count: number): Promise<boolean> {
  const args = ["run", "-A", "--no-lock", "--quiet", program, dir, point, `${count}`];
  const { signal, success } = await new Deno.Command(Deno.execPath(), { args }).output();
  assert.ok(success || signal === "SIGKILL", "the repair ended by itself in an error");
  return signal === "SIGKILL";
}

/** Damages a tree in every way, and leaves something of its owner's in it. */
function damage(dir: string): void {
  spoil(join(dir, "keep/3"), 50_000);
  spoil(join(dir, "keep/17"), 5);
  writeFileSync(join(dir, "added"), "short");
  rmSync(join(dir, "dir/new"), { recursive: true });
  rmSync(join(dir, "link"));
  symlinkSync("elsewhere", join(dir, "link"));
  chmodSync(join(dir, "mode"), 0o644);
  rmSync(join(dir, "new-name"));
  writeFileSync(join(dir, "mine"), "mine");
}

/** What is at each path: everything of a file, not only how it begins. */
function contents(dir: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(snapshot(dir)).map(([path, what]) => {
      const isFile = lstatSync(join(dir, path)).isFile();
      const bytes = isFile ? readFileSync(join(dir, path)).toString("latin1") : "";
      return [path, `${what} ${bytes}`];
    }),
  );
}

// Steps: seven that are moved, and one mode. Pieces: the config, two tables, and ranges.
const POINTS = [
  ...Array.from({ length: 8 }, (_, count) => ["step", count] as const),
  ...[3, 4, 5, 6].map((count) => ["piece", count] as const),
];

Deno.test("a repair that is killed leaves each file old or new, and whole", async () => {
  const { source, manifest } = updatedImage(AFTER);
  using whole = scratch();
  const right = join(whole.path, "out");
  await pull(source, manifest, right);
  const expected = { ...contents(right), mine: "" };
  let kills = 0;
  // At random points, of which all are met in some runs.
  const order = POINTS.map((point) => ({ point, at: Math.random() })).sort((a, b) => a.at - b.at);
  for (const { point: [point, count] } of order.slice(0, 5)) {
    using dir = scratch();
    const target = join(dir.path, "out");
    await pull(source, manifest, target);
    damage(target);
    const damaged = contents(target);
    if (!await killed(target, point, count)) continue;
    kills++;
    const left = contents(target);
    for (const path of new Set([...Object.keys(damaged), ...Object.keys(expected)])) {
      const isOneOfThem = left[path] === damaged[path] ||
        left[path] === expected[path as keyof typeof expected];
      assert.ok(isOneOfThem, `${point} ${count}: ${path} is neither old nor new`);
    }
    const { differences, repaired } = await checkTree(target, source, manifest, { repair: true });
    assert.deepEqual(differences.map(({ kind, path }) => `${kind} ${path}`), ["extra mine"]);
    assert.ok(repaired !== undefined);
    assert.deepEqual({ ...contents(target), mine: "" }, expected, `${point} ${count}`);
    assert.deepEqual(readdirSync(target).filter((name) => name.startsWith(".blobber-")), []);
  }
  assert.ok(kills > 0);
});
