/** Artifacts of several layers, made by `push --base`, as other programs read them. */

import assert from "node:assert/strict";
import { dirname } from "node:path";
import { Home, interop } from "./harness.ts";
import { requirePeer } from "./peers.ts";
import { exec, must, TempDir } from "./processes.ts";
import { distribution } from "./servers.ts";

/** A tree, and what becomes of it in each round. */
function release(root: string, round: number): void {
  const write = (path: string, text: string) => {
    Deno.mkdirSync(dirname(`${root}/${path}`), { recursive: true });
    Deno.writeTextFileSync(`${root}/${path}`, text);
  };
  const remove = (path: string) => Deno.removeSync(`${root}/${path}`, { recursive: true });
  if (round === 0) {
    for (let i = 0; i < 60; i++) {
      write(
        `lib/d${i % 6}/f${i}`,
        Array.from({ length: 900 }, (_, n) => `${i} ${n * 7919 % 997}\n`).join(""),
      );
    }
    write("becomes-dir", "file");
    write("becomes-file/a/b", "b");
    write("gone/with/all", "x");
    Deno.symlinkSync("lib", `${root}/link`);
    return;
  }
  write(`lib/d${round}/f${round}`, `round ${round}\n`);
  write(`added/r${round}`, `${round}\n`);
  remove(`lib/d0/f${6 * round}`);
  if (round === 1) {
    // So much that the next rounds leave this one's layer alone.
    write("added/large", Array.from({ length: 3000 }, (_, n) => `${n * 7907 % 4999}\n`).join(""));
    remove("becomes-dir");
    write("becomes-dir/now", "dir");
    remove("becomes-file");
    write("becomes-file", "file");
    Deno.chmodSync(`${root}/lib/d5`, 0o700);
  }
  if (round === 2) {
    remove("gone");
    remove("link");
    Deno.symlinkSync("added", `${root}/link`);
  }
  if (round === 3) write("gone/again", "y");
}

function lookAt(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch {
    return undefined;
  }
}

/** Applies layers as container runtimes do: what is taken away first, then what is there. */
async function applied(layers: string[], to: string): Promise<void> {
  Deno.mkdirSync(to, { recursive: true });
  for (const layer of layers) {
    const names = (await must("tar", ["-tf", layer])).stdout.trimEnd().split("\n");
    for (const name of names) {
      const match = /^(.*\/|)\.wh\.(.+)$/.exec(name);
      if (match) Deno.removeSync(`${to}/${match[1]}${match[2]}`, { recursive: true });
      const there = match ? undefined : lookAt(`${to}/${name.replace(/\/$/, "")}`);
      // What is no directory takes the place of one, and a directory that of what is none.
      if (there && !(there.isDirectory && name.endsWith("/"))) {
        Deno.removeSync(`${to}/${name.replace(/\/$/, "")}`, { recursive: true });
      }
    }
    await must("tar", [
      "-xpf",
      layer,
      "-C",
      to,

      "--exclude=.wh.*",
      "--exclude=stargz.index.json",
    ]);
  }
}

interop("what is pushed onto a base is one tree for crane, oras and a runtime", [
  "registry",
  "oras",
  "crane",
], async () => {
  await using registry = await distribution();
  using home = new Home();
  using dir = new TempDir();
  const [tree, repository] = [dir.at("tree"), `${registry.host}/base/tree`];
  const [crane, oras] = [requirePeer("crane"), requirePeer("oras")];
  for (const compression of ["gzip", "zstd"]) {
    Deno.mkdirSync(tree);
    const depths: number[] = [];
    for (let round = 0; round < 4; round++) {
      release(tree, round);
      const ref = `${repository}:${compression}${round}`;
      const base = round === 0 ? [] : [`--base=${repository}:${compression}${round - 1}`];
      const flags = ["--compression", compression, "-ojson", ...base];
      const made = JSON.parse((await home.must(["push", tree, ref, ...flags])).stdout);
      depths.push(made.base?.layers.length ?? 1);
      const same = async (what: string) => {
        const differs = await exec("diff", ["-r", "--no-dereference", tree, what]);
        assert.equal(differs.stdout + differs.stderr, "", `${what} of ${ref}`);
      };
      const at = (name: string) => dir.at(`${name}-${compression}${round}`);
      await home.must(["pull", ref, at("pulled")]);
      await same(at("pulled"));
      if (compression === "gzip") {
        Deno.mkdirSync(at("crane"));
        await must(crane, ["export", "--insecure", ref, at("crane.tar")]);
        await must("tar", [
          "-xpf",
          at("crane.tar"),
          "-C",
          at("crane"),
          "--exclude=stargz.index.json",
        ]);
        await same(at("crane"));
      }
      const manifest = JSON.parse(
        (await must(oras, ["manifest", "fetch", "--plain-http", ref])).stdout,
      );
      const layers: string[] = [];
      for (const [i, { digest }] of manifest.layers.entries()) {
        layers.push(at(`layer${i}`));
        await must(oras, [
          "blob",
          "fetch",
          "--plain-http",
          "-o",
          layers[i]!,
          `${repository}@${digest}`,
        ]);
      }
      await applied(layers, at("runtime"));
      await same(at("runtime"));
      const mode = (path: string) => Deno.statSync(`${path}/lib/d5`).mode! & 0o777;
      assert.equal(mode(at("runtime")), mode(tree));
      if (compression === "gzip") await must(crane, ["validate", "--insecure", "--remote", ref]);
    }
    assert.ok(Math.max(...depths) >= 3, depths.join());
    Deno.removeSync(tree, { recursive: true });
  }
  await must(oras, [
    "copy",
    "--from-plain-http",
    "--to-plain-http",
    `${repository}:gzip3`,
    `${repository}:copied`,
  ]);
  const digest = async (tag: string) =>
    (await home.must(["resolve", `${repository}:${tag}`])).stdout;
  assert.equal(await digest("copied"), await digest("gzip3"));
});
