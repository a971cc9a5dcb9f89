import assert from "node:assert/strict";
import { GO_BLOBBER, Home, interop, skipped } from "./harness.ts";
import { requirePeer } from "./peers.ts";
import { exec, must, type Ran, TempDir } from "./processes.ts";
import { REGISTRIES } from "./servers.ts";
import {
  keyPair,
  makeTree,
  person,
  push,
  refused,
  SIGNING_PEERS,
  WITH_AND_WITHOUT,
} from "./signing_cli.ts";
import { startSigstack } from "./sigstack.ts";
import { sameTree, sampleTree, snapshot } from "./tree.ts";

const program = GO_BLOBBER;
const listed = ({ stdout }: Ran) => stdout.trim().split("\n").sort();

if (program === undefined) {
  skipped("both ways with the Go tool", "BLOBBER_GO names no program");
} else {
  for (const { name, needs, start } of REGISTRIES) {
    for (const compression of ["gzip", "zstd"]) {
      interop(`${name}: both ways with the Go tool, ${compression}`, needs, async () => {
        await using registry = await start();
        using home = new Home();
        home.logIn(registry);
        using tree = new TempDir();
        sampleTree(tree.path);
        const go = (...args: string[]) => must(program, args, { env: home.env });
        const flags = ["--compression", compression];

        const ours = `${registry.host}/interop/both-ours:v1`;
        await home.must(["push", tree.path, ours, ...flags]);
        await go("pull", "--insecure", ours, home.dir.at("theirs"));
        sameTree(home.dir.at("theirs"), tree.path);
        assert.deepEqual(
          listed(await go("ls", "--insecure", ours)),
          [...snapshot(tree.path).keys()].sort(),
        );
        for (const file of ["hello.txt", "dir/big.bin", "empty"]) {
          const { bytes } = await go("cat", "--insecure", ours, file);
          assert.deepEqual(bytes, Deno.readFileSync(tree.at(file)), file);
        }

        const theirs = `${registry.host}/interop/both-theirs:v1`;
        await go("push", "--insecure", tree.path, theirs, ...flags);
        await home.must(["pull", theirs, home.dir.at("ours")]);
        sameTree(home.dir.at("ours"), tree.path);
        assert.deepEqual(
          listed(await home.must(["ls", theirs])),
          [...snapshot(tree.path).keys()].sort(),
        );
        for (const file of ["hello.txt", "dir/big.bin", "empty"]) {
          const { bytes } = await home.must(["cat", "--no-cache", theirs, file]);
          assert.deepEqual(bytes, Deno.readFileSync(tree.at(file)), file);
        }
      });
    }
  }

  for (const { name, start } of WITH_AND_WITHOUT) {
    const title = `a registry ${name}: signatures both ways with the Go tool`;
    interop(title, SIGNING_PEERS, async () => {
      await using stack = await startSigstack();
      await using registry = await start();
      using home = new Home();
      home.logIn(registry);
      using dir = new TempDir();
      const tree = makeTree(dir);
      const { trustedRoot, actions, fulcio, rekor1 } = stack;
      const { issuer, subject } = stack.workflow;
      const go = (...args: string[]) =>
        exec(program, ["--insecure", "--no-cache", ...args], { env: { ...home.env, ...actions } });
      const services = ["--fulcio-url", fulcio, "--rekor-url", rekor1];
      const who = ["--verify-issuer", issuer, "--verify-subject", subject];
      const trust = ["--verify", "--trusted-root", trustedRoot];

      // Theirs is a signature over the manifest's bytes, which names nothing.
      const theirs = `${registry.host}/signed/theirs:v1`;
      const signed = await go("push", "--sign", ...services, tree, theirs);
      assert.equal(signed.code, 0, signed.stdout + signed.stderr);
      await home.must(["verify", theirs, ...who, ...trust, "--verify-repo", "acme/demo"]);
      await home.must(["pull", theirs, dir.at("from-theirs"), ...who, ...trust]);
      sameTree(dir.at("from-theirs"), tree);
      await refused(home, 7, /signed by/, ["verify", theirs, ...person(stack).ours]);
      const named = [...who, ...trust, "--verify-name", "repository"];
      await refused(home, 7, /name/, ["verify", theirs, ...named]);

      // With each of our ways to log, compressed in either way, they verify what is ours.
      const ways = {
        rekor1: ["--sign", ...services],
        config1: ["--signing-config", stack.signingConfig1, "--compression", "zstd"],
        config2: ["--signing-config", stack.signingConfig2],
      };
      for (const [way, flags] of Object.entries(ways)) {
        const ours = `${registry.host}/signed/${way}:v1`;
        await push(home, tree, ours, ["--yes", ...flags], actions);
        const pulled = await go("pull", ...who, ...trust, ours, dir.at(`from-${way}`));
        assert.equal(pulled.code, 0, `${way}\n${pulled.stdout}${pulled.stderr}`);
        sameTree(dir.at(`from-${way}`), tree);
        const other = ["--verify-issuer", issuer, "--verify-subject", "other@example.com"];
        const wrong = await go("pull", ...other, ...trust, ours, dir.at(`other-${way}`));
        assert.notEqual(wrong.code, 0, way);
      }

      // With a key, theirs is verified by ours; they have no flag for a public key.
      const { secret, open } = await keyPair(dir, "own", [
        ...["EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
      ]);
      const keyed = `${registry.host}/signed/keyed:v1`;
      const plain = dir.at("plain.key");
      await must(requirePeer("openssl"), [
        ...["pkey", "-in", secret, "-passin", "pass:pw", "-out", plain],
      ]);
      const made = await go("push", "--sign", "--sign-key", plain, ...services, tree, keyed);
      assert.equal(made.code, 0, made.stdout + made.stderr);
      await home.must(["pull", keyed, dir.at("keyed"), "--verify-key", open]);
      sameTree(dir.at("keyed"), tree);
      await home.must(["verify", keyed, "--verify-key", open, ...trust, "--require-log"]);
    });
  }
}
