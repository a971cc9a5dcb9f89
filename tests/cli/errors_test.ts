import assert from "node:assert/strict";
import { STATUS } from "@blobber/core/errors";
import { startRegistry } from "../fakes/registry/fake_registry.ts";
import { Workplace } from "./program.ts";

Deno.test("every bad reference is quoted, explained and exits 2", async () => {
  await using at = await Workplace.open();
  for (
    const ref of [
      "ghcr.io/Acme/app:v1",
      "ghcr.io/acme/app@sha256:abc",
      `ghcr.io/acme/app@sha512:${"0".repeat(128)}`,
      "localhost:5000",
      "acme/app",
      "oci://layout",
      "ghcr.io/äcme/app",
      "https://ghcr.io/acme/app",
      "oci:",
      "-x/y",
      "ghcr.io/acme/app:v1:v2",
      "\x1b[2Jghcr.io/a",
    ]
  ) {
    const { status, stdout, stderr } = await at.run(["ls", "--", ref]);
    assert.deepEqual([ref, status, stdout], [ref, STATUS.usage.status, ""]);
    assert.match(stderr, /^Error: invalid reference: "/);
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(stderr, /\x1b/);
  }
});

Deno.test("an error in JSON is one document on stderr, and stdout stays empty", async () => {
  await using at = await Workplace.open();
  for (
    const [args, code, status] of [
      [["ls", "acme/app", "-o", "json"], "invalid-reference", 2],
      [["--output=json", "pull", "x"], "usage", 2],
      [["ls", "oci:nowhere:v1", "-ojson"], "not-found", 4],
      [["-ojson", "ls", "oci:x:v1", "--verify"], "usage", 2],
      [["-o", "json", "--config", "nowhere.yaml", "ls", "oci:x:v1"], "invalid-config", 2],
    ] as const
  ) {
    const ran = await at.run([...args]);
    assert.deepEqual([ran.status, ran.stdout], [status, ""]);
    const { error } = JSON.parse(ran.stderr);
    assert.deepEqual([error.code, error.exitStatus], [code, status]);
    assert.ok(error.message.length > 10);
  }
});

Deno.test("flags that make no sense together are refused before anything is read", async () => {
  await using at = await Workplace.open();
  const [issuer, subject] = ["--verify-issuer=https://i.example", "--verify-subject=a@b.example"];
  const pattern = "--verify-subject-pattern=*@b.example";
  for (
    const flags of [
      ["--verify"],
      [issuer],
      [subject],
      [pattern],
      [issuer, subject, pattern],
      ["--verify-unsafe", issuer, subject],
      ["--verify-unsafe", "--verify-key=k.pub"],
      ["--verify-key=k.pub", issuer, subject],
      ["--verify-signer=key=k.pub", "--verify-key=k.pub"],
      ["--verify-signer=issuer=https://i.example"],
      ["--verify-signer=subject=x"],
      ["--verify-signer=key=k.pub,issuer=x"],
      ["--verify-signer=nonsense"],
      ["--verify-repo=acme/app"],
      ["--verify-repo=acme/app", "--verify-key=k.pub"],
      ["--verify-repo=acme/app", "--verify-unsafe"],
      ["--verify-claim=x", issuer, subject],
      ["--verify-claim=a=1", "--verify-claim=a=2", issuer, subject],
      ["--require-log"],
      ["--trusted-root=root.json"],
      ["--verify-name=tag", "--verify-key=k.pub"],
      ["--no-verify", "--verify-key=k.pub"],
      ["--no-verify", "--verify"],
      ["--verify=false", issuer, subject],
    ]
  ) {
    // The layout does not exist: what is refused with 4 was refused too late.
    const { status, stdout, stderr } = await at.run(["pull", "oci:nowhere:v1", "dest", ...flags]);
    assert.deepEqual([flags, status, stdout], [flags, 2, ""], stderr);
  }
});

Deno.test("signing flags that make no sense together are refused before anything is sent", async () => {
  await using at = await Workplace.open();
  await at.site();
  for (
    const flags of [
      ["--sign-key=k.pem", "--identity-token=file:t"],
      ["--sign-key=k.pem", "--fulcio-url=https://f.example"],
      ["--sign-key=k.pem", "--oidc-issuer=https://i.example"],
      ["--sign-key-pass=env:X"],
      ["--sign=false", "--sign-key=k.pem"],
      ["--signing-config=c.json", "--rekor-url=https://r.example"],
      ["--rekor-url=ftp://r.example"],
      ["--fulcio-url=x"],
      ["--sign-key=nowhere.pem"],
    ]
  ) {
    const { status, stdout, stderr } = await at.run(["push", "site", "oci:layout:v1", ...flags]);
    assert.deepEqual([flags, status, stdout], [flags, 2, ""], stderr);
  }
  await assert.rejects(Deno.stat(`${at.dir}/layout/index.json`));
});

Deno.test("help and version exit 0 and go to stdout, also for a command that lacks arguments", async () => {
  await using at = await Workplace.open();
  assert.match(await at.ok(["--version"]), /^blobber version \d+\.\d+\.\d+\n$/);
  assert.equal(await at.ok(["version"]), await at.ok(["--version"]));
  assert.match(await at.ok([]), /^Commands:\n {2}Move +push, pull/m);
  assert.match(await at.ok(["push", "--help"]), /^ {2}blobber push .*REF \[FLAGS\]$/m);
  assert.equal(await at.ok(["help", "push"]), await at.ok(["push", "-h"]));
  const { version, blobber } = JSON.parse(await at.ok(["version", "-o", "json"]));
  assert.equal(version, 1);
  assert.match(blobber, /^\d/);
  for (const line of (await at.ok(["pull", "--help"])).split("\n")) {
    assert.ok(line.length <= 80, line);
  }
});

Deno.test("a secret on the command line is accepted with a warning that does not repeat it", async () => {
  await using at = await Workplace.open();
  await at.site();
  await at.write("key.pem", "no key", 0o600);
  const { status, stderr } = await at.run(
    ["push", "site", "oci:l:v1", "--sign-key", "key.pem", "--sign-key-pass", "hunter2"],
  );
  assert.equal(status, 2);
  assert.match(stderr, /^Warning: --sign-key-pass shows the secret/);
  assert.doesNotMatch(stderr, /hunter2/);
});

Deno.test("a tag that a registry does not have: the nearest are named, after one request more", async () => {
  await using at = await Workplace.open();
  await at.site();
  const registry = await startRegistry();
  try {
    const repository = `${registry.host}/acme/site`;
    await at.ok(["push", "site", `${repository}:v1.2.0`, "--tag", "v1.2.1", "--tag", "other"]);
    const listings = () => registry.log().filter((line) => line.includes("/tags/list")).length;
    const pull = ["pull", `${repository}:v1.2`, "out"];
    const { status, stderr } = await at.run(pull);
    assert.equal(status, 4);
    const hint = "Hint: did you mean v1.2.1 or v1.2.0?\n";
    assert.ok(stderr.endsWith(`"v1.2" not found in ${repository}\n${hint}`), stderr);
    assert.equal(listings(), 1);
    const json = JSON.parse((await at.run(["cat", `${repository}:othr`, "x", "-ojson"])).stderr);
    assert.deepEqual([json.error.code, json.error.hint], ["not-found", "did you mean other?"]);
    const bare = (await at.run(["ls", repository])).stderr;
    assert.match(
      bare,
      /\nHint: without a tag, latest is meant: blobber tags \S+ lists those there are\n$/,
    );
    // Nothing is asked under --quiet, nor about a digest or a file.
    const before = listings();
    await at.run([...pull, "--quiet"]);
    await at.run(["ls", `${repository}@sha256:${"0".repeat(64)}`]);
    await at.run(["cat", `${repository}:v1.2.0`, "none"]);
    assert.equal(listings(), before);
    // Where the list cannot be had, the error is what it was.
    registry.onRequest = ({ path }) =>
      path.includes("/tags/list") ? { answer: { status: 403 } } : undefined;
    const without = await at.run(pull);
    assert.deepEqual([without.status, without.stderr], [4, stderr.replace(hint, "")]);
  } finally {
    await registry.close();
  }
});
