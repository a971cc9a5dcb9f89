import assert from "node:assert/strict";
import { startSigstore } from "../fakes/sigstore.ts";
import { keys } from "./keys.ts";
import { Workplace } from "./program.ts";
import { fileNeeds, lacks } from "../fakes/only_on.ts";

fileNeeds("shell");

/** Whether text shows a part of a token. */
function shows(text: string, token: string): boolean {
  return token.split(".").some((part) => text.includes(part.slice(0, 12)));
}

Deno.test("token-as-path: a token with white space or a word around it is recognized, and never shown", async () => {
  await using at = await Workplace.open();
  await at.site();
  const sigstore = await startSigstore();
  try {
    await at.write("root.json", JSON.stringify(sigstore.trustedRoot()));
    const services = [
      ...["--fulcio-url", sigstore.urls.fulcio, "--rekor-url", sigstore.urls.rekor1],
      "--trusted-root=root.json",
    ];
    const token = sigstore.oidc.token();
    for (const given of [` ${token}`, `${token}\n`, `Bearer ${token}`, `\tbearer  ${token} `]) {
      const push = ["push", "site", "oci:layout:v1", ...services, "--identity-token", given];
      const ran = await at.run([...push, "--yes"]);
      assert.equal(ran.status, 0, ran.stderr);
      assert.match(
        ran.stderr,
        /^Warning: --identity-token shows the secret to all users of this machine/,
      );
      assert.ok(!shows(ran.stderr, token), ran.stderr);
      await at.write("token", given, 0o600);
      for (const named of ["file:token", "token", "env:TOKEN", "-"]) {
        const said = [...push.slice(0, -1), named, "--yes"];
        await at.ok(said, { env: { TOKEN: given }, stdin: given });
      }
      await at.ok([...push.slice(0, -2), "--yes"], { env: { SIGSTORE_ID_TOKEN: given } });
    }
  } finally {
    await sigstore.close();
  }
});

Deno.test("token-as-path: a token in the place of something else is reported and not shown", async () => {
  await using at = await Workplace.open();
  await at.site();
  const sigstore = await startSigstore();
  const token = sigstore.oidc.token();
  await at.write("bad", `x${token.slice(0, -4)}`, 0o600);
  const push = ["push", "site", "oci:layout:v1", "--verbose"];
  const named = [
    ...push,
    "--fulcio-url",
    sigstore.urls.fulcio,
    "--rekor-url",
    sigstore.urls.rekor1,
  ];
  for (
    const [args, env, said] of [
      [[...push, "--identity-token", `file:${token}`], {}, /holds a token where a path/],
      [[...push, "--identity-token", `env:${token}`], {}, /holds a token where the name of a var/],
      [[...named, "--identity-token", `./${token}`], {}, /is not a JWT|Fulcio/],
      [[...named, "--identity-token", `"${token}"`], {}, /is not a JWT|Fulcio/],
      [[...push, "--identity-token=", token], {}, /identity-token: empty|\[token\]/],
      [[...named, "--identity-token", "file:bad"], {}, /identity token|Fulcio/],
      [[...push, "--sign-key", token], {}, /\[token\]/],
      [[...push, "--sign-key", "x", "--sign-key-pass", `file:${token}`], {}, /private key/],
      [[...push, "--fulcio-url", token, "--identity-token", "bad"], {}, /\[token\]/],
      [["ls", token], {}, /\[token\]/],
      [["ls", "oci:x:v1", "--config", `/${token}`], {}, /\[token\]/],
      [push, { BLOBBER_COMPRESSION: token, BLOBBER_PUSH_COMPRESSION: token }, /\[token\]/],
      [[...named, "--sign"], { SIGSTORE_ID_TOKEN: `x ${token}` }, /SIGSTORE_ID_TOKEN|Fulcio/],
    ] as [string[], Record<string, string>, RegExp][]
  ) {
    for (const json of [[], ["-ojson"]]) {
      const { status, stdout, stderr } = await at.run([...args, ...json], { env });
      assert.notEqual(status, 0, args.join(" "));
      assert.match(stderr, said);
      assert.ok(!shows(stdout + stderr, token), stderr);
    }
  }
  await sigstore.close();
});

Deno.test("token-as-path: a file whose name has dots is a file", async () => {
  await using at = await Workplace.open();
  await at.site();
  const { status, stderr } = await at.run(
    ["push", "site", "oci:layout:v1", "--identity-token", "token.of.mine", "--sign"],
  );
  assert.equal(status, 3);
  assert.match(stderr, /cannot read the identity token in "token\.of\.mine": no such file/);
});

Deno.test({
  name: "key-for-all: a signing key that other users can read or change is used with a warning",
  ignore: lacks("modes") !== false,
  fn: async () => {
    await using at = await Workplace.open();
    await at.site();
    await keys(at, "acme");
    const push = ["push", "site", "oci:layout:v1", "--sign-key", "acme.pem"];
    for (
      const [mode, said] of [
        [0o600, /^$/],
        [0o400, /^$/],
        [
          0o640,
          /^Warning: other users can read the private key acme\.pem \(mode 0640\); chmod 600/,
        ],
        [0o604, /^Warning: other users can read/],
        [0o622, /^Warning: other users can change the private key acme\.pem \(mode 0622\)/],
      ] as const
    ) {
      await Deno.chmod(`${at.dir}/acme.pem`, mode);
      const ran = await at.run(push);
      assert.equal(ran.status, 0);
      assert.match(ran.stderr, said);
    }
  },
});

for (
  const [what, args, status] of [
    ["signing key", ["push", "site", "oci:l:v1", "--sign-key", "FILE"], 2],
    [
      "passphrase",
      ["push", "site", "oci:l:v1", "--sign-key=acme.pem", "--sign-key-pass=file:FILE"],
      2,
    ],
    ["token", ["push", "site", "oci:l:v1", "--sign", "--identity-token", "FILE"], 3],
    [
      "signing configuration",
      ["push", "site", "oci:l:v1", "--sign-key=acme.pem", "--signing-config=FILE"],
      2,
    ],
    ["public key", ["ls", "oci:good:v1", "--verify-key", "FILE"], 2],
    ["trust root", ["ls", "oci:good:v1", "--verify-key=acme.pub", "--trusted-root=FILE"], 12],
    ["certificates", ["ls", "oci:good:v1", "--ca-file", "FILE"], 2],
    ["configuration", ["ls", "oci:good:v1", "--config", "FILE"], 2],
  ] as const
) {
  Deno.test(`key-device: the ${what} must not be a device, a directory or an endless pipe`, async () => {
    await using at = await Workplace.open();
    await at.site();
    await keys(at, "acme");
    await at.ok(["push", "site", "oci:good:v1", "--sign-key", "acme.pem"]);
    for (const [file, kind] of [["/dev/zero", "device"], ["site", "directory"]] as const) {
      const ran = await at.run(args.map((arg) => arg.replace("FILE", file)));
      assert.equal(ran.status, status, ran.stderr);
      assert.match(ran.stderr, new RegExp(`it is a ${kind}, expected a regular file or a pipe`));
    }
    // What nothing writes to is waited for until Ctrl-C.
    await new Deno.Command("mkfifo", { args: [`${at.dir}/pipe`] }).output();
    await using waiting = at.start(args.map((arg) => arg.replace("FILE", "pipe")));
    const written = await Deno.open(`${at.dir}/pipe`, { write: true }); // returns when it reads
    waiting.kill("SIGINT");
    const { code, signal } = await waiting.status;
    written.close();
    // Before it has begun to work the signal ends it as it ends any process.
    assert.ok(code === 130 || signal === "SIGINT", `${code} ${signal}`);
    await waiting.stdin.close();
    await waiting.stdout.cancel();
    await waiting.stderr.cancel();
  });
}

Deno.test("key-device: a pipe from another program is read", async () => {
  await using at = await Workplace.open();
  await at.site();
  await keys(at, "acme");
  await new Deno.Command("mkfifo", { args: [`${at.dir}/pipe`] }).output();
  for (
    const [from, args] of [
      ["acme.pem", ["push", "site", "oci:good:v1", "--sign-key", "pipe"]],
      ["acme.pub", ["ls", "oci:good:v1", "--verify-key", "pipe"]],
    ] as const
  ) {
    const [ran] = await Promise.all([
      at.run([...args]),
      at.read(from).then((text) => Deno.writeTextFile(`${at.dir}/pipe`, text)),
    ]);
    assert.deepEqual([ran.status, ran.stderr], [0, ""]);
  }
});

Deno.test("key-copy-pushed: the signing key is never pushed under any name, and other keys only on demand", async () => {
  await using at = await Workplace.open();
  await at.site();
  await keys(at, "acme");
  await keys(at, "sealed", "hunter2");
  await keys(at, "other");
  const push = ["push", "site", "oci:layout:v1", "--sign-key", "acme.pem"];
  const refused = async (args: string[], expected: RegExp, env: Record<string, string> = {}) => {
    const { status, stderr } = await at.run(args, { env });
    assert.equal(status, 9, stderr);
    assert.match(stderr, expected);
    assert.equal((await at.run(["ls", "oci:layout:v1"])).status, 4, "a tag was set");
  };
  await at.write("site/notes.txt", await at.read("acme.pem"));
  await refused(push, /notes\.txt": it holds the key that signs/);
  await refused([...push, "--allow-secrets"], /notes\.txt": it holds the key that signs/);
  await refused([...push, "--dry-run"], /notes\.txt": it holds the key that signs/);
  await at.write("site/notes.txt", `mine:\n${await at.read("other.pem")}`);
  await refused(push, /notes\.txt": it holds a private key\nHint: .*--allow-secrets/);
  await refused(push.slice(0, 3), /notes\.txt": it holds a private key/);
  // What opens the signing key in the tree is found by its public half.
  const { stdout } = await new Deno.Command("openssl", {
    args: ["pkey", "-in", `${at.dir}/sealed.pem`, "-passin", "pass:hunter2"],
  }).output();
  await at.write("site/open.txt", stdout);
  const sealed = ["push", "site", "oci:layout:v1", "--sign-key", "sealed.pem", "--allow-secrets"];
  await refused(sealed, /open\.txt": it holds the key that signs/, {
    BLOBBER_SIGN_PASSWORD: "hunter2",
  });
  await Deno.remove(`${at.dir}/site/open.txt`);
  const allowed = await at.run([...push, "--allow-secrets"]);
  assert.equal(allowed.status, 0);
  assert.equal(
    allowed.stderr,
    'Warning: what is pushed seems to hold secrets: "notes.txt" (private key)\n',
  );
  // Nor is it pushed again because it once was.
  const again = await at.run(push);
  assert.equal(again.status, 9, again.stderr);
  await at.write("site/notes.txt", await at.read("other.pub"));
  await at.ok(push);
  const warned = await at.run(push, { env: { BLOBBER_PUSH_ALLOW_SECRETS: "true" } });
  assert.match(warned.stderr, /^Warning: BLOBBER_PUSH_ALLOW_SECRETS is set: push private keys/);
});
