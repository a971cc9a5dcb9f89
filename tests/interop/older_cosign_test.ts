import assert from "node:assert/strict";
import { Home, interop } from "./harness.ts";
import { requirePeer } from "./peers.ts";
import { must, TempDir } from "./processes.ts";
import { REGISTRIES } from "./servers.ts";
import { sampleTree } from "./tree.ts";

for (const { name, needs, start } of REGISTRIES) {
  interop(
    `${name}: a signature in the form that cosign had before bundles is verified, and copied`,
    [...needs, "cosign"],
    async () => {
      await using registry = await start();
      using home = new Home({ COSIGN_PASSWORD: "pw" });
      home.logIn(registry);
      using tree = new TempDir();
      sampleTree(tree.path);
      const cosign = (...args: string[]) =>
        must(requirePeer("cosign"), args, { env: home.env, cwd: home.dir.path });
      const reference = `${registry.host}/interop/older:v1`;
      const { stdout } = await home.must(["push", tree.path, reference]);
      const digest = stdout.trim();
      await cosign("generate-key-pair");
      await cosign(
        ...["sign", "--yes", "--key", "cosign.key", "--new-bundle-format=false"],
        ...["--use-signing-config=false", "--tlog-upload=false", "--allow-http-registry"],
        `${registry.host}/interop/older@${digest}`,
      );
      const key = ["--verify-key", home.dir.at("cosign.pub")];
      await home.must(["verify", reference, ...key]);
      const other = home.dir.at("other");
      Deno.mkdirSync(other);
      await must(requirePeer("cosign"), ["generate-key-pair"], { env: home.env, cwd: other });
      const wrong = await home.blobber([
        "verify",
        reference,
        "--verify-key",
        `${other}/cosign.pub`,
      ]);
      assert.equal(wrong.code, 7, wrong.stderr);
      const named = await home.blobber([
        "verify",
        reference,
        ...key,
        "--verify-name",
        "repository",
      ]);
      assert.equal(named.code, 7, named.stderr);

      const copy = `${registry.host}/interop/older-copy:v1`;
      await home.must(["copy", reference, copy]);
      await home.must(["verify", copy, ...key]);
      await cosign(
        ...[
          "verify",
          "--key",
          "cosign.pub",
          "--insecure-ignore-tlog",
          "--allow-http-registry",
          copy,
        ],
      );
    },
  );
}
