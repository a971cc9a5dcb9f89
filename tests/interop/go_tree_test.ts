import assert from "node:assert/strict";
import { goTree, Home, interop } from "./harness.ts";
import { countingRelay } from "./fronts.ts";
import { distribution } from "./servers.ts";
import { layersOf } from "./manifests.ts";
import { sameTree } from "./tree.ts";

const FILE = "src/net/http/server.go";
/** The Go tree holds private keys that its tests use. */
const PUSH = ["push", "--allow-secrets"];

for (const compression of ["gzip", "zstd"]) {
  interop(`the Go tree makes the round trip, ${compression}`, ["registry", "go"], async () => {
    await using registry = await distribution();
    await using relay = countingRelay(registry.host);
    using home = new Home();
    const tree = goTree()!;
    const reference = `${relay.host}/go/tree:${compression}`;

    const pushed = await home.must([...PUSH, tree, reference, "--compression", compression]);
    const digest = pushed.stdout.trim().split("\n").at(-1)!;
    assert.match(digest, /^sha256:[0-9a-f]{64}$/);
    const [layer] = await layersOf(registry.host, "go/tree", digest);
    assert.match(layer!.mediaType, compression === "zstd" ? /tar\+zstd$/ : /tar\+gzip$/);

    const out = home.dir.at("out");
    const pulled = await home.must(["pull", "--no-cache", reference, out]);
    assert.equal(pulled.stdout, "");
    sameTree(out, tree);

    const names = (await home.must(["ls", "--no-cache", reference])).stdout.split("\n");
    assert.ok(names.includes(FILE));

    relay.reset();
    const cat = await home.must(["cat", "--no-cache", reference, FILE]);
    assert.deepEqual(cat.bytes, Deno.readFileSync(`${tree}/${FILE}`));
    const moved = relay.received() + relay.sent();
    assert.ok(moved < layer!.size * 0.03, `${moved} of ${layer!.size} bytes were moved`);

    // The same tree again, into another repository, has the same digest.
    const again = await home.must(
      [...PUSH, "--no-cache", tree, `${registry.host}/go/again:1`, "--compression", compression],
    );
    assert.equal(again.stdout.trim().split("\n").at(-1), digest);
  });
}
