import assert from "node:assert/strict";
import { say } from "../tasks/run.ts";
import { GO_BLOBBER, Home, interop } from "./harness.ts";
import { must, TempDir } from "./processes.ts";
import { REGISTRIES } from "./servers.ts";
import { sameTree, sampleTree } from "./tree.ts";

const program = GO_BLOBBER;
if (program === undefined) {
  say("skipped: both ways with the Go tool: BLOBBER_GO names no program");
} else {
  for (const { name, needs, start } of REGISTRIES) {
    for (const compression of ["gzip", "zstd"]) {
      interop(`${name}: both ways with the Go tool, ${compression}`, needs, async () => {
        await using registry = await start();
        using home = new Home();
        using tree = new TempDir();
        sampleTree(tree.path);
        const go = (...args: string[]) => must(program, args, { env: home.env });
        const flags = ["--compression", compression];

        const ours = `${registry.host}/both/ours:v1`;
        await home.must(["push", tree.path, ours, ...flags]);
        await go("pull", "--insecure", ours, home.dir.at("theirs"));
        sameTree(home.dir.at("theirs"), tree.path);
        const cat = await go("cat", "--insecure", ours, "hello.txt");
        assert.equal(cat.stdout, "hello\n");

        const theirs = `${registry.host}/both/theirs:v1`;
        await go("push", "--insecure", tree.path, theirs, ...flags);
        await home.must(["pull", theirs, home.dir.at("ours")]);
        sameTree(home.dir.at("ours"), tree.path);
      });
    }
  }
}
