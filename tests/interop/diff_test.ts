import assert from "node:assert/strict";
import { exec, must, TempDir } from "./processes.ts";
import { Home, interop } from "./harness.ts";
import { requirePeer } from "./peers.ts";
import { distribution } from "./servers.ts";

/** Numbers that are always the same. */
function random(seed: number): (below: number) => number {
  return (below) => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
}

function randomFiles(root: string, next: (below: number) => number): void {
  for (let i = 0; i < 40; i++) {
    const dir = `${root}/${["a", "b c", "d/e"][next(3)]}`;
    Deno.mkdirSync(dir, { recursive: true });
    const lines = Array.from({ length: next(30) }, () => `line ${next(4)}`);
    Deno.writeTextFileSync(`${dir}/f${next(12)}`, lines.join("\n") + (next(2) ? "\n" : ""));
  }
}

interop("diff agrees with GNU diff of two pulls, and patch makes one of the other", [
  "registry",
  "oras",
], async () => {
  await using registry = await distribution();
  using home = new Home();
  const next = random(19);
  for (let round = 0; round < 4; round++) {
    using dir = new TempDir();
    const refs: string[] = [];
    for (const side of ["a", "b"]) {
      randomFiles(dir.at(side), next);
      const ref = `${registry.host}/diff/r${round}:${side}`;
      const flags = side === "b" ? ["--compression=zstd"] : [];
      await home.must(["push", dir.at(side), ref, ...flags]);
      await home.must(["pull", ref, dir.at(`pulled-${side}`)]);
      refs.push(ref);
    }
    const both = ["pulled-a", "pulled-b"];
    const gnu = await exec("diff", ["-rq", "--no-dereference", ...both], { cwd: dir.path });
    const expected = gnu.stdout.trim().split("\n").map((line) => {
      const only = /^Only in pulled-(a|b)([^:]*): (.*)$/.exec(line);
      if (only === null) return `M ${/^Files pulled-a\/(.*) and pulled-b/.exec(line)![1]}`;
      return `${only[1] === "a" ? "D" : "A"} ${`${only[2]}/${only[3]}`.slice(1)}`;
    }).sort();
    const ours = await home.blobber(["diff", ...refs, "-ojson"]);
    assert.equal(ours.code, 14);
    const { changes } = JSON.parse(ours.stdout) as {
      changes: { path: string; kind: string; differs: string[] }[];
    };
    const letters: Record<string, string> = { added: "A", removed: "D", changed: "M" };
    const gone = changes.filter(({ kind }) => kind !== "changed").map(({ path }) => `${path}/`);
    const told = changes
      .filter(({ path }) => !gone.some((one) => path.startsWith(one))) // GNU diff names the top alone
      .map(({ path, kind }) => `${letters[kind]} ${path}`).sort();
    assert.deepEqual(told, expected);
    const patch = await home.blobber(["diff", ...refs, "--patch"]);
    Deno.writeTextFileSync(dir.at("p"), patch.stdout);
    await must("patch", ["-p1", "-s", "-i", dir.at("p")], { cwd: dir.at("pulled-a") });
    const after = await exec("diff", ["-rq", ...both], { cwd: dir.path });
    // A directory of which all files are gone stays, or is taken by patch: files are what counts.
    assert.ok(!after.stdout.includes("differ"), after.stdout);
  }
  using files = new TempDir();
  Deno.writeTextFileSync(files.at("x"), "of oras\n");
  const ref = `${registry.host}/diff/oras:v1`;
  await must(requirePeer("oras"), ["push", "--plain-http", ref, "x"], {
    cwd: files.path,
    env: home.env,
  });
  const same = await home.blobber(["diff", files.path, ref]);
  assert.deepEqual([same.code, same.stdout], [0, ""]);
});
