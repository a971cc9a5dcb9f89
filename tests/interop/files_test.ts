/**
 * Files that ORAS pushes, each a layer of its own.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Home, interop } from "./harness.ts";
import { requirePeer } from "./peers.ts";
import { must, TempDir } from "./processes.ts";
import { REGISTRIES } from "./servers.ts";
import { sameTree, sampleTree } from "./tree.ts";

for (const { name, needs, start } of REGISTRIES) {
  interop(`${name}: oras-files: we list, read and pull them`, [...needs, "oras"], async () => {
    await using registry = await start();
    using home = new Home();
    home.logIn(registry);
    using tree = new TempDir();
    const reference = `${registry.host}/interop/files:v1`;
    const oras = (...words: string[]) =>
      must(requirePeer("oras"), words, { env: home.env, cwd: tree.path });
    sampleTree(tree.at("packed"));
    const weights = crypto.getRandomValues(new Uint8Array(60_000));
    Deno.mkdirSync(tree.at("deep/er"), { recursive: true });
    Deno.writeTextFileSync(tree.at("hello.txt"), "hello\n");
    Deno.writeFileSync(tree.at("deep/er/weights.bin"), weights);
    const files = ["hello.txt:text/plain", "deep/er/weights.bin:application/vnd.acme.weights"];
    await oras("push", "--plain-http", reference, ...files, "packed");

    const { stdout: names } = await home.must(["ls", reference]);
    const found = names.trim().split("\n");
    for (const path of ["hello.txt", "deep/er/weights.bin", "packed/dir/run.sh"]) {
      assert.ok(found.includes(path), `${path} is not among ${found}`);
    }
    assert.equal((await home.must(["cat", reference, "hello.txt"])).stdout, "hello\n");
    const script = await home.must(["cat", reference, "packed/dir/run.sh"]);
    assert.equal(script.stdout, "#!/bin/sh\necho run\n");
    await home.must(["cp", reference, "deep/er/weights.bin", home.dir.at("copied")]);
    assert.deepEqual(Deno.readFileSync(home.dir.at("copied")), weights);

    await home.must(["pull", reference, home.dir.at("ours")]);
    sameTree(home.dir.at("ours/packed"), tree.at("packed"));
    assert.equal(Deno.readTextFileSync(home.dir.at("ours/hello.txt")), "hello\n");
    assert.deepEqual(Deno.readFileSync(home.dir.at("ours/deep/er/weights.bin")), weights);

    // A model, as ModelPack has it: the same layers by another annotation.
    const annotations = {
      "hello.txt": { "org.cncf.model.filepath": "docs/README.md" },
      "deep/er/weights.bin": { "org.cncf.model.filepath": "model-00001.safetensors" },
    };
    Deno.writeTextFileSync(tree.at("annotations.json"), JSON.stringify(annotations));
    const model = `${registry.host}/interop/files:model`;
    const raw = ["hello.txt", "deep/er/weights.bin"]
      .map((path) => `${path}:application/vnd.cncf.model.weight.v1.raw`);
    await oras(
      ...["push", "--plain-http", "--annotation-file", "annotations.json"],
      ...["--artifact-type", "application/vnd.cncf.model.manifest.v1+json", model, ...raw],
    );
    const listed = await home.must(["ls", model]);
    assert.equal(listed.stdout, "docs/README.md\nmodel-00001.safetensors\n");

    // A path that leads outside is refused in every spelling.
    Deno.mkdirSync(tree.at("inner"));
    const outside = `${registry.host}/interop/files:outside`;
    await must(
      requirePeer("oras"),
      ["push", "--plain-http", "--disable-path-validation", outside, "../hello.txt"],
      { env: home.env, cwd: tree.at("inner") },
    );
    for (const words of [["ls", outside], ["pull", outside, home.dir.at("out")]]) {
      const { code, stderr } = await home.blobber(words);
      assert.equal(code, 9, stderr);
    }
  });
}
