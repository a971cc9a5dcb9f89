/**
 * Layers with files that are cut by content, read by others: by containerd's library chunk by chunk, by the
 * clients as a whole. The rule is stated in docs/chunks.md.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { cutsOf } from "../../lib/archive/chunking/cutter.ts";
import { Home, interop } from "./harness.ts";
import { layersOf } from "./manifests.ts";
import { requirePeer } from "./peers.ts";
import { must, TempDir } from "./processes.ts";
import { distribution } from "./servers.ts";
import { sameTree, sampleTree } from "./tree.ts";

/** The tree of other tests, whose largest file is 9 MiB of noise and letters, and a text and zeros beside it. */
function cutTree(root: string): void {
  sampleTree(root);
  const lines = Array.from({ length: 400_000 }, (_, i) => `${i * i} is the square of ${i}\n`);
  Deno.writeTextFileSync(`${root}/text`, lines.join(""));
  Deno.writeFileSync(`${root}/zeros`, new Uint8Array(17 << 20));
}

for (const compression of ["gzip", "zstd"]) {
  interop(
    `chunks that are cut by content are read by others, ${compression}`,
    ["registry", "read-stargz", "crane", "oras", "tar", "zstd"],
    async () => {
      await using registry = await distribution();
      using home = new Home();
      using tree = new TempDir();
      cutTree(tree.path);
      const reference = `${registry.host}/interop/chunks:${compression}`;
      const pushed = await home.must(["push", tree.path, reference, "--compression", compression]);
      const digest = pushed.stdout.trim();
      const [layer] = await layersOf(registry.host, "interop/chunks", digest);
      assert.equal(layer!.annotations?.["dev.blobber.chunks"], "gear-1");

      // containerd's library: every chunk begins where the rule says, and has the digest that its row says.
      const blob = home.dir.at("blob");
      const crane = await must(requirePeer("crane"), [
        "blob",
        `${registry.host}/interop/chunks@${layer!.digest}`,
      ]);
      Deno.writeFileSync(blob, crane.bytes);
      const toc = layer!.annotations!["containerd.io/snapshot/stargz/toc.digest"]!;
      const { stdout } = await must(requirePeer("read-stargz"), [blob, toc]);
      const files = new Map(
        stdout.trim().split("\n").map((line) => {
          const [path, ...rest] = line.split("\t");
          return [path!, rest];
        }),
      );
      for (const [path, least] of [["text", 100], ["zeros", 60], ["dir/big.bin", 100]] as const) {
        const bytes = Deno.readFileSync(tree.at(path));
        const chunks = cutsOf(bytes).length;
        assert.ok(chunks >= least, `${path}: ${chunks}`);
        const sha256 = createHash("sha256").update(bytes).digest("hex");
        assert.deepEqual(files.get(path), [`${chunks}`, `${bytes.length}`, sha256], path);
      }

      // crane and tar take the layer as it is, oras pulls the blob, and we read what we wrote.
      const out = home.dir.at("out");
      Deno.mkdirSync(out);
      const unpacker = compression === "gzip" ? "--gzip" : "--zstd";
      await must(requirePeer("tar"), [
        ...["--extract", unpacker, "--file", blob, "--directory", out],
        ...["--same-permissions", "--exclude=stargz.index.json", "--no-same-owner"],
      ]);
      sameTree(out, tree.path);
      const fetched = home.dir.at("fetched");
      await must(requirePeer("oras"), [
        ...["blob", "fetch", "--plain-http", "--output", fetched],
        `${registry.host}/interop/chunks@${layer!.digest}`,
      ], { env: home.env });
      assert.deepEqual(Deno.readFileSync(fetched), crane.bytes);
      await home.must(["pull", "--no-cache", reference, home.dir.at("pulled")]);
      sameTree(home.dir.at("pulled"), tree.path);
      const cat = await home.must(["cat", "--no-cache", reference, "text"]);
      assert.deepEqual(cat.bytes, Deno.readFileSync(tree.at("text")));
    },
  );
}
