/**
 * What the command line refuses, and with which status, when the services and the signatures are real: an
 * outage of each service, another signer, a signature that was moved.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Home, interop } from "./harness.ts";
import { blobOf, manifestOf } from "./manifests.ts";
import { requirePeer } from "./peers.ts";
import { must, TempDir } from "./processes.ts";
import { type Service, type Sigstack, startSigstack } from "./sigstack.ts";
import {
  keyPair,
  makeTree,
  person,
  push,
  refused,
  SIGNING_PEERS,
  WITH_AND_WITHOUT,
  workflow,
} from "./signing_cli.ts";

/** The digest that a tag stands for, asked of the registry itself. */
async function tagged(host: string, repository: string, tag: string): Promise<string | null> {
  const response = await fetch(`http://${host}/v2/${repository}/manifests/${tag}`, {
    method: "HEAD",
    headers: { accept: "application/vnd.oci.image.manifest.v1+json" },
  });
  return response.ok ? response.headers.get("docker-content-digest") : null;
}

/** How an outage names a service: what it is, and where it was looked for. */
const named = (what: string, url: string) => new RegExp(`${what} at ${new URL(url).host} `);

const byPerson = ({ issuer }: Sigstack) => ({
  SIGSTORE_ID_TOKEN: issuer.token("dev@example.com"),
});

interop("outage by the command line: 11, and the tag stays", SIGNING_PEERS, async () => {
  await using stack = await startSigstack();
  await using registry = await WITH_AND_WITHOUT[0]!.start();
  using home = new Home();
  using dir = new TempDir();
  const { fulcio, rekor1, rekor2, timestamps } = stack;
  const tree = makeTree(dir);
  const reference = `${registry.host}/outage/tree:v1`;
  const flags = (rekor: string) => [
    ...["--yes", "--fulcio-url", fulcio, "--rekor-url", rekor, "--timestamp-url", timestamps],
  ];
  const digest = await push(home, tree, reference, flags(rekor1), byPerson(stack));
  Deno.writeTextFileSync(`${tree}/dir/hello.txt`, "another\n");

  const outages: [Service, RegExp, string][] = [
    ["rekor1", named("Rekor", rekor1), rekor1],
    ["rekor2", named("Rekor", rekor2), rekor2],
    ["timestamps", named("timestamp authority", timestamps), rekor2],
    ["fulcio", named("Fulcio", fulcio), rekor2],
  ];
  for (const [service, says, rekor] of outages) {
    await stack.stop(service);
    const args = ["push", tree, reference, "--tag", "latest", ...flags(rekor)];
    const { stderr } = await refused(home, 11, says, args, byPerson(stack));
    assert.match(stderr, /--sign-key|a key of your own/, service);
    assert.equal(await tagged(registry.host, "outage/tree", "v1"), digest, service);
    assert.equal(await tagged(registry.host, "outage/tree", "latest"), null, service);
  }
  // Nothing that verifies was harmed by it.
  const verified = await home.must(["verify", "-q", reference, ...person(stack).ours]);
  assert.equal(verified.stdout, `${digest}\n`);
  // A key needs none of them.
  const { secret, open } = await keyPair(dir, "own", ["ed25519"]);
  const own = await push(home, tree, reference, ["--sign-key", secret], {
    BLOBBER_SIGN_PASSWORD: "pw",
  });
  assert.equal(await tagged(registry.host, "outage/tree", "v1"), own);
  await home.must(["verify", reference, "--verify-key", open]);
});

interop("outage of the certificate log, as Fulcio reports it", SIGNING_PEERS, async () => {
  await using stack = await startSigstack();
  await using registry = await WITH_AND_WITHOUT[0]!.start();
  using home = new Home();
  using dir = new TempDir();
  const reference = `${registry.host}/outage/ct:v1`;
  await stack.stop("ct");
  const flags = ["--yes", "--fulcio-url", stack.fulcio, "--rekor-url", stack.rekor1];
  const args = ["push", makeTree(dir), reference, ...flags];
  await refused(home, 11, named("Fulcio", stack.fulcio), args, byPerson(stack));
  assert.equal(await tagged(registry.host, "outage/ct", "v1"), null);
});

for (const { name, start } of WITH_AND_WITHOUT) {
  interop(
    `a registry ${name}: what is not signed by whom, or for what, was asked`,
    [...SIGNING_PEERS, "oras", "crane"],
    async () => {
      await using stack = await startSigstack();
      await using registry = await start();
      using home = new Home();
      using dir = new TempDir();
      const tree = makeTree(dir);
      const repository = `${registry.host}/moved/tree`;
      const { issuer, fulcio, rekor1 } = stack;
      const flags = ["--yes", "--fulcio-url", fulcio, "--rekor-url", rekor1];
      const digest = await push(home, tree, `${repository}:v1`, flags, byPerson(stack));
      const dev = person(stack).ours;
      const commands = (reference: string) => [
        ["verify", reference],
        ["ls", reference],
        ["cat", reference, "dir/hello.txt"],
        ["cp", reference, "dir/hello.txt", dir.at("hello")],
        ["pull", reference, dir.at("pulled")],
        ["copy", reference, `oci:${dir.at("layout")}:v1`],
      ];
      const nothing = () => {
        for (const path of ["hello", "pulled", "layout"]) {
          assert.throws(() => Deno.lstatSync(dir.at(path)), Deno.errors.NotFound, path);
        }
      };

      // Another signer: found and expected are both named.
      for (const command of commands(`${repository}:v1`)) {
        const other = person(stack, "other@example.com").ours;
        const { stderr } = await refused(home, 7, /dev@example\.com/, [...command, ...other]);
        assert.match(stderr, /expected .*other@example\.com/);
      }
      const job = ["verify", `${repository}:v1`, ...workflow(stack).ours];
      const { stderr } = await refused(home, 7, new RegExp(`dev@example.com.*${issuer.url}`), job);
      assert.ok(stderr.includes(stack.workflow.subject) && stderr.includes(issuer.actionsUrl));
      // An identity is no pattern and no part of one.
      for (const subject of ["dev", "ev@example.com", "dev@example.com.evil"]) {
        const args = ["--verify-issuer", issuer.url, "--trusted-root", stack.trustedRoot];
        const verify = ["verify", `${repository}:v1`, ...args, "--verify-subject", subject];
        await refused(home, 7, /dev@example\.com/, verify);
      }
      const { open } = await keyPair(dir, "other", ["ed25519"]);
      const key = ["verify", `${repository}:v1`, "--verify-key", open];
      await refused(home, 7, /issuer .*expected the key/, key);

      // Not signed.
      const unsigned = await push(home, makeTree(dir, "unsigned\n"), `${repository}:unsigned`);
      for (const command of commands(`${repository}:unsigned`)) {
        await refused(home, 6, /no signature found/, [...command, ...dev]);
      }
      nothing();

      // A good bundle of another artifact.
      const run = (peer: "oras" | "crane", ...args: string[]) =>
        must(requirePeer(peer), args, { env: home.env, cwd: dir.path });
      const [{ referrers: [signature] }] = [
        JSON.parse(
          (await run("oras", "discover", "--plain-http", "--format", "json", `${repository}:v1`))
            .stdout,
        ) as { referrers: { digest: string }[] },
      ];
      const { layers: [bundle] } = await manifestOf(
        registry.host,
        "moved/tree",
        signature!.digest,
      );
      Deno.writeFileSync(
        dir.at("bundle.json"),
        await blobOf(registry.host, "moved/tree", bundle!.digest),
      );
      const attach = (reference: string) =>
        run(
          "oras",
          ...["attach", "--plain-http", "--artifact-type", bundle!.mediaType, reference],
          `bundle.json:${bundle!.mediaType}`,
        );
      await attach(`${repository}:unsigned`);
      for (const command of commands(`${repository}:unsigned`)) {
        const hung = await refused(home, 5, /about another artifact/, [...command, ...dev]);
        assert.ok(hung.stderr.includes(unsigned), hung.stderr);
      }
      nothing();
      // Beside a good one it does no harm.
      await push(home, makeTree(dir, "both\n"), `${repository}:both`, flags, byPerson(stack));
      await attach(`${repository}:both`);
      await home.must(["verify", `${repository}:both`, ...dev, "--verify-name", "reference"]);

      // The old, signed digest under a newer tag, and in another repository.
      await run("crane", "tag", `${repository}:v1`, "v2");
      assert.equal(await tagged(registry.host, "moved/tree", "v2"), digest);
      await home.must(["verify", `${repository}:v2`, ...dev]);
      await home.must(["verify", `${repository}:v2`, ...dev, "--verify-name", "repository"]);
      for (const command of commands(`${repository}:v2`)) {
        const asked = [...command, ...dev, "--verify-name", "reference"];
        await refused(home, 7, /signed under the tag "v1", expected "v2"/, asked);
      }
      nothing();
      await home.must(["verify", `${repository}:v1`, ...dev, "--verify-name", "reference"]);
      // What was expected is another digest than the tag's.
      const pinned = ["verify", `${repository}:both`, ...dev, "--expect", digest];
      await refused(home, 8, new RegExp(digest), pinned);
    },
  );
}

interop("a certificate that no certificate log has seen", SIGNING_PEERS, async () => {
  await using stack = await startSigstack();
  await using registry = await WITH_AND_WITHOUT[0]!.start();
  using home = new Home();
  using dir = new TempDir();
  const reference = `${registry.host}/refused/no-sct:v1`;
  const services = ["--fulcio-url", stack.fulcioWithoutLog, "--rekor-url", stack.rekor1];
  const args = ["push", makeTree(dir), reference, "--yes", ...services];
  const pushed = await home.must(args, { env: byPerson(stack) });
  assert.match(pushed.stderr, /^Warning: .*certificate log/m);
  await refused(home, 5, /\(SCT\)/, ["verify", reference, ...person(stack).ours]);
  // Told the root that those who verify believe, nothing is pushed that they would refuse.
  const told = [...args, "--trusted-root", stack.trustedRoot];
  await refused(home, 11, /does not verify.*\(SCT\)/s, told, byPerson(stack));
  // A root that names no such log cannot demand it, and the output says so.
  const root = person({ ...stack, trustedRoot: stack.trustedRootWithoutLog }).ours;
  const { stdout } = await home.must(["verify", reference, ...root]);
  assert.match(stdout, /^transparency +absent /m);
});
