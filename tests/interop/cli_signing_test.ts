/**
 * What the command line signs, cosign verifies and others see; what cosign signs, the command line verifies.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Home, interop } from "./harness.ts";
import { manifestOf } from "./manifests.ts";
import { type Peer, requirePeer } from "./peers.ts";
import { must, TempDir } from "./processes.ts";
import { sameTree } from "./tree.ts";
import { memoryRegistry } from "./servers.ts";
import { type Sigstack, startSigstack } from "./sigstack.ts";
import {
  cosign,
  keyPair,
  makeTree,
  mustCosign,
  person,
  push,
  refused,
  SIGNING_PEERS,
  type Who,
  WITH_AND_WITHOUT,
  workflow,
} from "./signing_cli.ts";

/** cosign and we both find the signature, under the tag that was signed and under no other. */
async function foundByBoth(
  stack: Sigstack,
  home: Home,
  reference: string,
  digest: string,
  { ours, cosign: theirs }: Who,
): Promise<void> {
  const { stdout } = await mustCosign(stack, "verify", ...theirs, reference);
  assert.ok(stdout.includes(digest), stdout);
  await mustCosign(stack, "verify", ...theirs, "-a", "dev.blobber.tag=v1", reference);
  const other = await cosign(stack, "verify", ...theirs, "-a", "dev.blobber.tag=v2", reference);
  assert.notEqual(other.code, 0, "cosign verified another tag");
  const verified = await home.must(["verify", "-q", reference, ...ours]);
  assert.equal(verified.stdout, `${digest}\n`);
  await home.must(["verify", "-q", reference, ...ours, "--verify-name", "reference"]);
}

for (const { name, start, referrers } of WITH_AND_WITHOUT) {
  interop(`a registry ${name}: keyless by the command line`, SIGNING_PEERS, async () => {
    await using stack = await startSigstack();
    await using registry = await start();
    using home = new Home();
    using dir = new TempDir();
    const tree = makeTree(dir);
    const { fulcio, rekor1, rekor2, timestamps, issuer, actions } = stack;
    Deno.writeTextFileSync(dir.at("token"), issuer.token("dev@example.com"));
    const variable = { SIGSTORE_ID_TOKEN: issuer.token("dev@example.com") };
    const ways: [string, string[], Record<string, string>, Who][] = [
      ["rekor1", ["--fulcio-url", fulcio, "--rekor-url", rekor1], variable, person(stack)],
      [
        "rekor2",
        [
          ...["--fulcio-url", fulcio, "--rekor-url", rekor2, "--timestamp-url", timestamps],
          ...["--identity-token", `file:${dir.at("token")}`],
        ],
        {},
        person(stack),
      ],
      ["config1", ["--signing-config", stack.signingConfig1], actions, workflow(stack)],
      ["config2", ["--signing-config", stack.signingConfig2], actions, workflow(stack)],
    ];
    for (const [way, flags, env, who] of ways) {
      const reference = `${registry.host}/keyless/${way}:v1`;
      const sign = ["--sign", "--yes", ...flags, "--trusted-root", stack.trustedRoot];
      const digest = await push(home, tree, reference, sign, env);
      await foundByBoth(stack, home, reference, digest, who);
      const base = `http://${registry.host}/v2/keyless/${way}`;
      const tag = `manifests/${digest.replace(":", "-")}`;
      const list = await fetch(`${base}/${referrers ? `referrers/${digest}` : tag}`, {
        headers: { accept: "application/vnd.oci.image.index.v1+json" },
      });
      assert.equal(list.status, 200, way);
      assert.equal((await list.json()).manifests.length, 1, way);
      await home.must(["pull", "--no-cache", reference, dir.at(way), ...who.ours]);
      sameTree(dir.at(way), tree);
    }
    // The certificate's claims, which the subject of a reusable workflow does not show.
    const reference = `${registry.host}/keyless/config1:v1`;
    const claims = ["--verify-repo", "acme/demo", "--verify-claim", "build-trigger=push"];
    await home.must(["verify", reference, ...workflow(stack).ours, ...claims]);
    const other = ["--verify-repo", "acme/other"];
    await refused(home, 7, /acme\/other/, ["verify", reference, ...workflow(stack).ours, ...other]);
    // All four facts, each with its evidence.
    const { stdout } = await home.must(["verify", reference, ...workflow(stack).ours, "-ojson"]);
    const { checks } = JSON.parse(stdout) as {
      checks: { name: string; result: string; evidence: string }[];
    };
    const passed = checks.filter(({ result }) => result === "passed").map(({ name }) => name);
    for (const fact of ["signature", "certificate", "transparency", "log", "timestamp"]) {
      assert.ok(passed.includes(fact), stdout);
    }
  });

  interop(`a registry ${name}: keys by the command line`, SIGNING_PEERS, async () => {
    await using stack = await startSigstack();
    await using registry = await start();
    using home = new Home({ BLOBBER_SIGN_PASSWORD: "pw" });
    using dir = new TempDir();
    const tree = makeTree(dir);
    await mustCosign(stack, "generate-key-pair");
    const keys = {
      p256: await keyPair(dir, "p256", ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
      rsa: await keyPair(dir, "rsa", ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]),
      ed25519: await keyPair(dir, "ed25519", ["ed25519"]),
      cosign: { secret: `${stack.dir}/cosign.key`, open: `${stack.dir}/cosign.pub` },
    };
    for (const [kind, { secret, open }] of Object.entries(keys)) {
      const reference = `${registry.host}/keys/${kind}:v1`;
      const digest = await push(home, tree, reference, ["--sign-key", secret]);
      await foundByBoth(stack, home, reference, digest, {
        ours: ["--verify-key", open],
        cosign: ["--key", open, "--insecure-ignore-tlog=true"],
      });
      const logged = ["--verify-key", open, "--trusted-root", stack.trustedRoot, "--require-log"];
      await refused(home, 5, /log/, ["verify", reference, ...logged]);
    }
    const { secret, open } = keys.p256;
    const logs = {
      rekor1: ["--rekor-url", stack.rekor1],
      rekor2: ["--rekor-url", stack.rekor2, "--timestamp-url", stack.timestamps],
    };
    for (const [log, flags] of Object.entries(logs)) {
      const reference = `${registry.host}/keys/${log}:v1`;
      const root = ["--trusted-root", stack.trustedRoot];
      const digest = await push(home, tree, reference, ["--sign-key", secret, ...flags, ...root]);
      await foundByBoth(stack, home, reference, digest, {
        ours: ["--verify-key", open, ...root, "--require-log"],
        cosign: ["--key", open, ...root],
      });
    }
  });

  interop(`a registry ${name}: cosign's signatures satisfy us`, SIGNING_PEERS, async () => {
    await using stack = await startSigstack();
    await using registry = await start();
    using home = new Home();
    using dir = new TempDir();
    const tree = makeTree(dir);
    await mustCosign(stack, "generate-key-pair");
    const { issuer, trustedRoot, signingConfig1, signingConfig2, signingConfigNone } = stack;
    const token = ["--identity-token", issuer.token("dev@example.com")];
    const key = ["--key", "cosign.key"];
    const logged = ["--verify-key", `${stack.dir}/cosign.pub`, "--trusted-root", trustedRoot];
    const older = ["--new-bundle-format=false", "--use-signing-config=false"];
    older.push("--rekor-url", stack.rekor1);
    const ways: [string, string[], string[]][] = [
      ["keyless1", [...token, "--signing-config", signingConfig1], person(stack).ours],
      ["keyless2", [...token, "--signing-config", signingConfig2], person(stack).ours],
      ["key", [...key, "--signing-config", signingConfig1], [...logged, "--require-log"]],
      ["unlogged", [...key, "--signing-config", signingConfigNone], logged.slice(0, 2)],
      // As cosign did before bundles: under a tag, with the log's promise alone.
      ["older", [...token, ...older, "--fulcio-url", stack.fulcio], person(stack).ours],
      ["older-key", [...key, ...older], [...logged, "--require-log"]],
    ];
    for (const [way, flags, who] of ways) {
      const reference = `${registry.host}/cosign/${way}:v1`;
      const digest = await push(home, tree, reference);
      const named = `${registry.host}/cosign/${way}@${digest}`;
      const annotated = ["-a", "purpose=interop"];
      await mustCosign(
        stack,
        "sign",
        "--yes",
        ...flags,
        ...["--trusted-root", trustedRoot],
        ...annotated,
        named,
      );
      const { stdout } = await home.must(["verify", "-q", reference, ...who]);
      assert.equal(stdout, `${digest}\n`);
      await home.must(["ls", reference, ...who]);
      const cat = await home.must(["cat", reference, "dir/hello.txt", ...who]);
      assert.equal(cat.stdout, "hello\n");
      await home.must(["cp", reference, "dir/hello.txt", dir.at(`${way}.txt`), ...who]);
      assert.equal(Deno.readTextFileSync(dir.at(`${way}.txt`)), "hello\n");
      await home.must(["pull", "--no-cache", reference, dir.at(way), ...who]);
      sameTree(dir.at(way), tree);
      // cosign signs no name, so one that is demanded is not there.
      await refused(home, 7, /name/, ["ls", reference, ...who, "--verify-name", "repository"]);
    }
    const unlogged = ["verify", `${registry.host}/cosign/unlogged:v1`, ...logged, "--require-log"];
    await refused(home, 5, /log/, unlogged);
  });
}

const COPIERS: Peer[] = ["oras", "regctl"];

interop(
  "others see our signatures and carry them along",
  [...SIGNING_PEERS, ...COPIERS],
  async () => {
    await using stack = await startSigstack();
    await using mirror = await memoryRegistry({ referrers: true });
    using home = new Home();
    using dir = new TempDir();
    const tree = makeTree(dir);
    const who = person(stack);
    for (const { start, name, referrers } of WITH_AND_WITHOUT) {
      await using registry = await start();
      const repository = `${registry.host}/seen/ours`;
      const services = ["--fulcio-url", stack.fulcio, "--rekor-url", stack.rekor1];
      const digest = await push(home, tree, `${repository}:v1`, ["--sign", "--yes", ...services], {
        SIGSTORE_ID_TOKEN: stack.issuer.token("dev@example.com"),
      });
      // go-containerregistry names the type of the config instead of the artifact's.
      const bundle = referrers
        ? /dev\.sigstore\.bundle\.content: +dsse-envelope/
        : /application\/vnd\.dev\.sigstore\.bundle\.v0\.3\+json/;
      const run = (peer: Peer, ...args: string[]) =>
        must(requirePeer(peer), args, { env: home.env });
      const plain = ["--host", `reg=${registry.host},tls=disabled`];
      const discovered = await run("oras", "discover", "--plain-http", `${repository}:v1`);
      assert.match(discovered.stdout, bundle, name);
      const listed = await run("regctl", ...plain, "artifact", "list", `${repository}:v1`);
      assert.match(listed.stdout, bundle, name);

      const [kind] = name.split(" ");
      const copies = {
        oras: `${mirror.host}/${kind}/oras:v1`,
        ours: `${mirror.host}/${kind}/ours:v1`,
        same: `${registry.host}/copied/here:v1`,
        layout: `oci:${dir.at(`layout-${kind}`)}:v1`,
      };
      await run(
        "oras",
        ...["cp", "-r", "--from-plain-http", "--to-plain-http", `${repository}:v1`, copies.oras],
      );
      for (const copy of [copies.ours, copies.same, copies.layout]) {
        await home.must(["copy", `${repository}:v1`, copy, ...who.ours]);
      }
      for (const copy of Object.values(copies)) {
        const { stdout } = await home.must(["verify", "-q", copy, ...who.ours]);
        assert.equal(stdout, `${digest}\n`);
        const named = ["verify", copy, ...who.ours, "--verify-name", "repository"];
        // A layout has no name that a signature could be about.
        const says = copy.startsWith("oci:")
          ? /without a registry's name/
          : new RegExp(`signed as "${repository}", expected "`);
        await refused(home, 7, says, named);
        if (!copy.startsWith("oci:")) await mustCosign(stack, "verify", ...who.cosign, copy);
      }
      await home.must(["verify", `${repository}:v1`, ...who.ours, "--verify-name", "repository"]);
      assert.ok((await manifestOf(mirror.host, `${kind}/ours`, "v1")).layers.length > 0);
    }
  },
);
