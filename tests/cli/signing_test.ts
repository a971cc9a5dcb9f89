import assert from "node:assert/strict";
import { startRegistry } from "../fakes/registry/fake_registry.ts";
import { type FakeSigstore, startSigstore } from "../fakes/sigstore.ts";
import { keys } from "./keys.ts";
import { RUNS_IN_DENO, Workplace } from "./program.ts";

Deno.test("a pushed signature is demanded and found by every reading command", async () => {
  await using at = await Workplace.open();
  await at.site();
  await keys(at, "acme");
  await keys(at, "other");
  const digest = await at.ok(["push", "site", "oci:layout:v1", "--sign-key", "acme.pem"]);
  for (
    const [command, status] of [
      [["ls", "oci:layout:v1"], 7],
      [["cat", "oci:layout:v1", "index.html"], 7],
      [["cp", "oci:layout:v1", "index.html", "out"], 7],
      [["pull", "oci:layout:v1", "dest"], 7],
      [["copy", "oci:layout:v1", "oci:mirror:v1"], 7],
      [["tag", "oci:layout:v1", "stable"], 7],
      [["verify", "oci:layout:v1"], 7],
    ] as const
  ) {
    const refused = await at.run([...command, "--verify-key", "other.pub"]);
    assert.deepEqual([command[0], refused.status, refused.stdout], [command[0], status, ""]);
    assert.match(refused.stderr, /^Error: signature verification failed: /);
    const accepted = await at.run([...command, "--verify-key", "acme.pub"]);
    assert.deepEqual([command[0], accepted.status, accepted.stderr], [command[0], 0, ""]);
  }
  for (const path of ["out", "dest/index.html"]) {
    assert.equal(await at.read(path), "<h1>hi</h1>\n");
  }
  assert.equal(await at.ok(["verify", "-q", "oci:mirror:v1", "--verify-key=acme.pub"]), digest);
});

Deno.test("without the demanded signature nothing is unpacked, and no tag is made", async () => {
  await using at = await Workplace.open();
  await at.site();
  await keys(at, "acme");
  await at.ok(["push", "site", "oci:layout:v1"]);
  for (
    const command of [
      ["pull", "oci:layout:v1", "dest"],
      ["copy", "oci:layout:v1", "oci:mirror:v1"],
      ["tag", "oci:layout:v1", "stable"],
    ]
  ) {
    const { status, stderr } = await at.run([...command, "--verify-key", "acme.pub"]);
    assert.equal(status, 6);
    assert.match(stderr, /no signature found/);
  }
  await assert.rejects(Deno.stat(`${at.dir}/dest`));
  assert.doesNotMatch(await at.read("layout/index.json"), /stable/);
});

Deno.test("verify prints the digest alone on the first line, then who signed, then each check", async () => {
  await using at = await Workplace.open();
  await at.site();
  await keys(at, "acme");
  const digest = await at.ok(["push", "site", "oci:layout:v1", "--sign-key", "acme.pem"]);
  const text = await at.ok(["verify", "oci:layout:v1", "--verify-key", "acme.pub"]);
  const [first, signer, empty, ...table] = text.trimEnd().split("\n");
  assert.deepEqual([`${first}\n`, empty], [digest, ""]);
  assert.match(signer!, /^Signed with the key SHA256:[0-9a-f]{64}$/);
  assert.match(
    table[0]!,
    /^signature {4}passed {2}a statement about sha256:[0-9a-f]{12}…, by the key /,
  );
  for (const row of table) assert.match(row, /^[a-z]+ +(passed|absent) {2}\S/);
  // Columns are aligned.
  assert.deepEqual([...new Set(table.map((row) => row.search(/passed|absent/)))], [13]);
  const document = JSON.parse(
    await at.ok(["verify", "oci:layout:v1", "--verify-key=acme.pub", "-ojson"]),
  );
  assert.deepEqual([document.version, document.digest], [1, digest.trim()]);
  const names = document.checks.map(({ name }: { name: string }) => name);
  assert.deepEqual(names.slice(0, 3), ["signature", "certificate", "log"]);
  assert.equal(document.signer.kind, "key");
  for (const reading of [["cat", "index.html"], ["cp", "index.html", "copy"]]) {
    const [command, ...rest] = reading as [string, ...string[]];
    const line = [command, "oci:layout:v1", ...rest, "--verify-key=acme.pub", "-ojson"];
    assert.deepEqual(JSON.parse(await at.ok(line)).signer, document.signer, command);
  }
});

Deno.test("sign without a terminal needs a digest or the directory, and signing again adds nothing", async () => {
  await using at = await Workplace.open();
  await at.site();
  await keys(at, "acme");
  const digest = (await at.ok(["push", "site", "oci:layout:v1"])).trim();
  const unnamed = await at.run(["sign", "oci:layout:v1", "--sign-key", "acme.pem", "--yes"]);
  assert.deepEqual([unnamed.status, unnamed.stdout], [2, ""]);
  assert.match(unnamed.stderr, /REF:TAG@sha256:/);
  const signed = await at.ok(["sign", "oci:layout:v1", "--from", "site", "--sign-key", "acme.pem"]);
  assert.equal(signed, `${digest}\n`);
  const again = await at.run(["sign", `oci:layout@${digest}`, "--sign-key", "acme.pem", "-ojson"]);
  assert.equal(again.status, 0);
  // Other runtimes make another signature of this kind each time (docs/signing.md).
  assert.equal(JSON.parse(again.stdout).added, !RUNS_IN_DENO);
  await at.ok(["verify", "oci:layout:v1", "--verify-key", "acme.pub"]);
});

Deno.test("sign --from refuses an artifact that was not made from the directory, and signs nothing", async () => {
  await using at = await Workplace.open();
  await at.site();
  await keys(at, "acme");
  await at.ok(["push", "site", "oci:layout:v1"]);
  await at.write("site/index.html", "other\n");
  const { status, stdout } = await at.run(
    ["sign", "oci:layout:v1", "--from", "site", "--sign-key", "acme.pem"],
  );
  assert.deepEqual([status, stdout], [8, ""]);
  assert.equal((await at.run(["verify", "oci:layout:v1", "--verify-key=acme.pub"])).status, 6);
});

Deno.test("the passphrase comes from a file, a variable or stdin, and is never shown", async () => {
  await using at = await Workplace.open();
  await at.site();
  await keys(at, "acme", "hunter2");
  await at.write("pass", "hunter2\n", 0o600);
  const push = ["push", "site", "oci:layout:v1", "--sign-key", "acme.pem"];
  await at.ok([...push, "--sign-key-pass", "file:pass"]);
  await at.ok([...push, "--sign-key-pass", "env:SECRET"], { env: { SECRET: "hunter2" } });
  await at.ok([...push, "--sign-key-pass", "-"], { stdin: "hunter2\n" });
  await at.ok(push, { env: { BLOBBER_SIGN_KEY_PASS: "hunter2" } });
  await at.ok(push, { env: { BLOBBER_SIGN_PASSWORD: "hunter2" } });
  for (const extra of [[], ["--sign-key-pass=env:NONE"], ["--sign-key-pass=file:nowhere"]]) {
    const { status, stdout, stderr } = await at.run([...push, ...extra, "--verbose"]);
    assert.deepEqual([extra, status, stdout], [extra, 2, ""], stderr);
  }
  const wrong = await at.run(push, { env: { BLOBBER_SIGN_KEY_PASS: "hunter3" } });
  assert.equal(wrong.status, 2);
  assert.doesNotMatch(wrong.stderr, /hunter/);
});

/** Flags for signing with a private Sigstore, whose trust root is in `root.json`. */
function services({ urls }: FakeSigstore): string[] {
  return ["--fulcio-url", urls.fulcio, "--rekor-url", urls.rekor1, "--trusted-root", "root.json"];
}

Deno.test("keyless: push signs as the token's owner, and only that identity satisfies", async () => {
  await using at = await Workplace.open();
  await at.site();
  const sigstore = await startSigstore();
  const registry = await startRegistry();
  try {
    await at.write("token", sigstore.oidc.token(), 0o600);
    await at.write("root.json", JSON.stringify(sigstore.trustedRoot()));
    const ref = `${registry.host}/acme/site:v1`;
    await at.ok([
      "push",
      "site",
      ref,
      ...services(sigstore),
      "--identity-token",
      "file:token",
      "--yes",
    ]);
    const who = ["--verify-issuer", sigstore.urls.oidc, "--trusted-root", "root.json"];
    const { email } = sigstore.oidc;
    const text = await at.ok(["verify", ref, ...who, "--verify-subject", email]);
    for (const fact of ["signature", "certificate", "log", "identity"]) {
      assert.match(text, new RegExp(`^${fact} +passed +\\S`, "m"));
    }
    const [, signer] = text.split("\n");
    const time = "20\\d\\d-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC";
    assert.match(
      signer!,
      new RegExp(`^Signed by ${email} \\(${sigstore.urls.oidc}\\) at ${time}$`),
    );
    const other = await at.run(["verify", ref, ...who, "--verify-subject", "eve@evil.example"]);
    assert.deepEqual([other.status, other.stdout], [7, ""]);
    assert.ok(other.stderr.includes(email), "the identity that was found is not named");
    assert.equal(
      await at.ok(["cat", ref, "index.html", ...who, `--verify-subject=${email}`]),
      "<h1>hi</h1>\n",
    );
    const domain = email.slice(email.indexOf("@"));
    await at.ok(["ls", ref, ...who, "--verify-subject-pattern", `*${domain}`]);
    await at.ok([
      "ls",
      ref,
      "--trusted-root=root.json",
      "--verify-signer",
      `issuer=${sigstore.urls.oidc},subject=${email}`,
    ]);
    const unsafe = await at.run(["ls", ref, "--verify-unsafe", "--trusted-root=root.json"]);
    assert.equal(unsafe.status, 0);
    assert.match(unsafe.stderr, /^Warning: any signer with a valid certificate is accepted/);
  } finally {
    await registry.close();
    await sigstore.close();
  }
});

Deno.test("keyless: a job of GitHub Actions needs no token, and claims say which repository", async () => {
  await using at = await Workplace.open();
  await at.site();
  const sigstore = await startSigstore();
  try {
    const env = { ...sigstore.githubEnvironment(), CI: "true" };
    await at.write("root.json", JSON.stringify(sigstore.trustedRoot()));
    await at.write("signing.json", JSON.stringify(sigstore.signingConfig(2)));
    const sign = ["--sign", "--signing-config=signing.json", "--trusted-root=root.json"];
    await at.ok(["push", "site", "oci:layout:v1", ...sign], { env });
    const who = [
      `--verify-issuer=${sigstore.urls.oidc}/gha`,
      "--verify-subject-pattern=https://github.com/acme/**@refs/heads/*",
      "--trusted-root=root.json",
    ];
    const text = await at.ok(["verify", "oci:layout:v1", ...who, "-ojson"]);
    const { signer } = JSON.parse(text);
    const repo = String(signer.claims["source-repository-uri"]).replace("https://github.com/", "");
    await at.ok(["ls", "oci:layout:v1", ...who, "--verify-repo", repo]);
    const other = await at.run(["ls", "oci:layout:v1", ...who, "--verify-repo", "acme/nothing"]);
    assert.deepEqual([other.status, other.stdout], [7, ""]);
    const claim = await at.run(["ls", "oci:layout:v1", ...who, "--verify-claim", "no-such=x"]);
    assert.equal(claim.status, 2);
  } finally {
    await sigstore.close();
  }
});

Deno.test("a failing signing service is named, leaves the old tag, and exits 11", async () => {
  await using at = await Workplace.open();
  await at.site();
  const sigstore = await startSigstore();
  try {
    const before = await at.ok(["push", "site", "oci:layout:v1"]);
    await at.write("site/index.html", "new\n");
    await at.write("token", sigstore.oidc.token(), 0o600);
    await at.write("root.json", JSON.stringify(sigstore.trustedRoot()));
    sigstore.onRequest = ({ service }) => service === "rekor1" ? { status: 400 } : undefined;
    const failed = await at.run([
      "push",
      "site",
      "oci:layout:v1",
      ...services(sigstore),
      "--identity-token=token",
    ]);
    assert.deepEqual([failed.status, failed.stdout], [11, ""]);
    assert.match(failed.stderr, /Rekor/);
    const { digest } = JSON.parse(await at.ok(["ls", "oci:layout:v1", "-ojson"]));
    assert.equal(digest, before.trim());
  } finally {
    await sigstore.close();
  }
});

Deno.test("signed-and-unusable: a signature that does not verify is not stored, and no tag moves", async () => {
  await using at = await Workplace.open();
  await at.site();
  const sigstore = await startSigstore();
  const registry = await startRegistry();
  try {
    await at.write("root.json", JSON.stringify(sigstore.trustedRoot()));
    const ref = `${registry.host}/acme/site:v1`;
    const before = (await at.ok(["push", "site", ref])).trim();
    const config = `verify:\n  trusted-root: ${at.dir}/root.json\n`;
    await at.write("site/index.html", "new\n");
    const year = 365 * 86_400_000;
    const then = Date.now() - year;
    const period = { notBefore: new Date(then), notAfter: new Date(then + 600_000) };
    const stored = () =>
      registry.log().filter((line) => line.startsWith("PUT ") && line.includes("/manifests/"));
    for (const fault of ["certificate", "entry"] as const) {
      sigstore.onIssue = fault === "certificate" ? (leaf) => ({ ...leaf, ...period }) : undefined;
      sigstore.onRequest = ({ service }) =>
        fault !== "entry" || service !== "rekor1" ? undefined : {
          rewrite: (body) => {
            // deno-lint-ignore no-explicit-any
            (Object.values(body)[0] as any).verification.signedEntryTimestamp = btoa(
              "none of the log's",
            );
            return body;
          },
        };
      for (const where of ["flag", "file"] as const) {
        await at.write("home/.config/blobber/config.yaml", where === "file" ? config : "{}\n");
        await at.write("token", sigstore.oidc.token(), 0o600);
        registry.clear();
        const sign = ["--identity-token=file:token", "--yes", ...services(sigstore)];
        const flags = where === "flag" ? sign : sign.slice(0, -2);
        for (
          const command of [["push", "site", ref], ["sign", `${registry.host}/acme/site@${before}`]]
        ) {
          const refused = await at.run([...command, ...flags]);
          assert.equal(refused.status, 11, refused.stderr);
          assert.match(
            refused.stderr,
            /the signature that was made does not verify.*was not stored/,
          );
        }
        // What was pushed stands there by its digest alone, and no signature does.
        assert.ok(stored().every((line) => line.includes("/manifests/sha256:")), stored().join());
        assert.equal(stored().length, 1);
        const { digest } = JSON.parse(await at.ok(["ls", ref, "-ojson"]));
        assert.equal(digest, before);
      }
    }
  } finally {
    await registry.close();
    await sigstore.close();
  }
});

Deno.test("a trust root for a push that does not sign is a usage error", async () => {
  await using at = await Workplace.open();
  await at.site();
  await keys(at, "acme");
  const push = ["push", "site", "oci:layout:v1", "--trusted-root", "root.json"];
  const unsigned = await at.run(push);
  assert.deepEqual([unsigned.status, unsigned.stdout], [2, ""]);
  assert.match(unsigned.stderr, /--trusted-root needs --sign/);
  const missing = await at.run([...push, "--sign-key", "acme.pem"]);
  assert.equal(missing.status, 12);
});

Deno.test("with a key nothing is published unless asked for", async () => {
  await using at = await Workplace.open();
  await at.site();
  await keys(at, "acme");
  const sigstore = await startSigstore();
  try {
    await at.write("root.json", JSON.stringify(sigstore.trustedRoot()));
    const root = ["--trusted-root", "root.json"];
    const push = ["push", "site", "oci:layout:v1", "--sign-key", "acme.pem", ...root];
    const rekor = `sign:\n  rekor: ${sigstore.urls.rekor1}\n`;
    await at.write("home/.config/blobber/config.yaml", rekor);
    await at.ok(push);
    assert.equal(sigstore.requests.length, 0);
    await at.ok(push, { env: { BLOBBER_SIGN_REKOR: sigstore.urls.rekor1 } });
    const posts = () => sigstore.requests.filter(({ method }) => method === "POST").length;
    assert.equal(posts(), 1);
    await at.write("home/.config/blobber/config.yaml", `${rekor}  log: true\n`);
    await at.ok(push);
    assert.equal(posts(), 2);
    const verify = ["verify", "oci:layout:v1", "--verify-key", "acme.pub"];
    await at.ok([...verify, "--require-log", "--trusted-root", "root.json"]);
  } finally {
    await sigstore.close();
  }
});

Deno.test("without a token or a terminal, a hint says what to do, and the tag does not move", async () => {
  await using at = await Workplace.open();
  await at.site();
  const { status, stdout, stderr } = await at.run(["push", "site", "oci:layout:v1", "--sign"]);
  assert.deepEqual([status, stdout], [3, ""]);
  assert.match(stderr, /^Error: authentication failed: no identity token/);
  assert.match(stderr, /--sign-key/);
  assert.equal((await at.run(["ls", "oci:layout:v1"])).status, 4);
});

Deno.test("--referrers tag lists signatures where a registry without the API has them", async () => {
  await using at = await Workplace.open();
  await at.site();
  await keys(at, "acme");
  const registry = await startRegistry();
  try {
    const ref = `${registry.host}/acme/site:v1`;
    const digest = (await at.ok(["push", "site", ref, "--sign-key=acme.pem", "--referrers=tag"]))
      .trim();
    assert.ok(registry.requests.every(({ url }) => !url.includes("/referrers/")));
    const tag = digest.replace(":", "-");
    assert.ok(registry.requests.some(({ method, url }) => method === "PUT" && url.includes(tag)));
    await at.ok(["ls", ref, "--verify-key=acme.pub", "--referrers=tag"]);
    assert.equal((await at.run(["ls", ref, "--referrers=both"])).status, 2);
  } finally {
    await registry.close();
  }
});
