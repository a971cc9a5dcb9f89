/** `blobber upgrade`, run by a stand-in for a binary, beside a registry and a Sigstore of the tests'. */

import assert from "node:assert/strict";
import { chmodSync, readdirSync, readFileSync, statSync } from "node:fs";
import { SHAPES } from "../../cli/reference/shapes.ts";
import { VERSION } from "../../lib/version.ts";
import { binaryThatSays, type ReleaseFaults, startReleases } from "../fakes/releases.ts";
import { standIn } from "../fakes/standin_binary.ts";
import { IS_PACKAGE, Workplace } from "./program.ts";

const NAME = "blobber-linux-x64";
const NEWER = "9.1.0";

/** An installed stand-in and the releases that it knows. */
async function open() {
  const at = await Workplace.open();
  const releases = await startReleases();
  const old = await standIn({ home: releases.home });
  await at.write("bin/blobber", old, 0o750);
  const run = async (args: string[], env: Record<string, string> = {}) => {
    const child = new Deno.Command(`${at.dir}/bin/blobber`, {
      args,
      cwd: at.dir,
      env: at.environment(env),
      clearEnv: true,
      stdin: "null",
    });
    const { code: status, stdout, stderr } = await child.output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { status, stdout: text(stdout), stderr: text(stderr) };
  };
  return {
    at,
    releases,
    run,
    push: (version: string, script = binaryThatSays(version), faults: ReleaseFaults = {}) =>
      releases.push(version, { [NAME]: script, "blobber-macos-arm64": "other\n" }, faults),
    /** Whether the old program is there, whole, and nothing beside it. */
    isUntouched: () =>
      assert.deepEqual(
        [readdirSync(`${at.dir}/bin`), new Uint8Array(readFileSync(`${at.dir}/bin/blobber`))],
        [["blobber"], old],
      ),
    /** Puts the old program back. */
    restore: () => at.write("bin/blobber", old, 0o750),
    async [Symbol.asyncDispose]() {
      await releases[Symbol.asyncDispose]();
      await at[Symbol.asyncDispose]();
    },
  };
}

Deno.test("upgrade --check tells what there is, and upgrade replaces the binary", async () => {
  await using scene = await open();
  const { at, releases, run, push, isUntouched } = scene;
  const none = await run(["upgrade"]);
  assert.deepEqual([none.status, none.stdout], [4, ""], none.stderr);

  await push("0.0.1");
  const current = await run(["upgrade"]);
  assert.deepEqual(current, {
    status: 0,
    stdout: `blobber ${VERSION} is the newest there is\n`,
    stderr: "",
  });

  await push(NEWER);
  await push("10.0.0-rc.1");
  const check = await run(["upgrade", "--check"]);
  assert.deepEqual(check, {
    status: 0,
    stdout: `blobber ${NEWER} is there, this is ${VERSION}: blobber upgrade\n`,
    stderr: "",
  });
  const rehearsal = await run(["upgrade", "--dry-run"]);
  assert.equal(rehearsal.status, 0, rehearsal.stderr);
  isUntouched();

  const { requests } = releases.registry;
  const before = requests.length;
  const done = await run(["upgrade", "-ojson"]);
  assert.equal(done.status, 0, done.stderr);
  const { version: _, ...document } = JSON.parse(done.stdout);
  hasShape(document);
  const { digest, signer, ...rest } = document;
  assert.deepEqual(rest, {
    current: VERSION,
    release: NEWER,
    newer: true,
    artifact: releases.artifact,
    changed: true,
    reference: `${releases.artifact}:v${NEWER}`,
    program: `${at.dir}/bin/blobber`,
  });
  assert.match(digest, /^sha256:/);
  assert.equal(signer.subject, `${releases.home.identityPrefix}v${NEWER}`);
  assert.equal(await at.read("bin/blobber"), binaryThatSays(NEWER));
  assert.equal(statSync(`${at.dir}/bin/blobber`).mode & 0o777, 0o750);
  assert.deepEqual(readdirSync(`${at.dir}/bin`), ["blobber"]);
  assert.ok(requests.slice(before).every(({ method }) => method === "GET" || method === "HEAD"));
});

Deno.test("an older release is installed only where it is named", async () => {
  await using scene = await open();
  const { at, run, push } = scene;
  await push("0.0.1");
  const check = await run(["upgrade", "--check", "v0.0.1"]);
  assert.equal(check.stdout, `blobber 0.0.1 is there, this is ${VERSION}: blobber upgrade 0.0.1\n`);
  const { version: _, ...document } = JSON.parse(
    (await run(["upgrade", "--check", "-ojson"])).stdout,
  );
  hasShape(document);
  assert.deepEqual([document.newer, document.changed], [false, false]);
  for (const absent of [["upgrade", "0.0.2"], ["upgrade", "--check", "0.0.2"]]) {
    assert.equal((await run(absent)).status, 4);
  }
  for (const wrong of ["newest", "1", "1.2.3/../x", "v1.2.03"]) {
    assert.equal((await run(["upgrade", wrong])).status, 2, wrong);
  }
  scene.isUntouched();
  const done = await run(["upgrade", "0.0.1"]);
  assert.deepEqual([done.status, done.stderr], [0, ""]);
  assert.equal(await at.read("bin/blobber"), binaryThatSays("0.0.1"));
});

Deno.test("what is not the release it says leaves the old binary", async () => {
  await using scene = await open();
  const { releases, run, push } = scene;
  const right = binaryThatSays(NEWER);
  const cases: [what: string, script: string, faults: ReleaseFaults, status: number][] = [
    ["unsigned", right, { unsigned: true }, 6],
    ["an older release under a newer tag", right, { signedFor: "v9.0.0" }, 7],
    ["another repository's workflow", right, { signedBy: "evil/blobber" }, 7],
    ["a digest of another file", right, { list: () => `${"0".repeat(64)}  ${NAME}\n` }, 8],
    ["named twice", right, { list: (list) => list + list }, 8],
    ["no binary for this machine", right, { list: () => "" }, 4],
    ["another version inside", binaryThatSays("9.0.0"), {}, 8],
    ["a program that does not run here", "\x7fELF of another machine", {}, 8],
    ["a program that fails", `${right}exit 3\n`, {}, 8],
  ];
  for (const [what, script, faults, status] of cases) {
    await push(NEWER, script, faults);
    const ran = await run(["upgrade"]);
    assert.deepEqual([what, ran.status, ran.stdout], [what, status, ""], ran.stderr);
    scene.isUntouched();
  }
  // No variable says who signs, with which trust root, or that no signature is needed.
  await push(NEWER, right, { signedBy: "evil/blobber" });
  const env = {
    BLOBBER_VERIFY_ENABLED: "false",
    BLOBBER_VERIFY_UNSAFE: "true",
    BLOBBER_VERIFY_ISSUER: releases.home.issuer,
    BLOBBER_VERIFY_SUBJECT_PATTERN: "**evil**",
  };
  assert.equal((await run(["upgrade"], env)).status, 7);
  for (const flag of ["--no-verify", "--trusted-root=x", "--verify-unsafe"]) {
    assert.equal((await run(["upgrade", flag])).status, 2, flag);
  }
  scene.isUntouched();
});

Deno.test("the user's trust rules hold besides", async () => {
  await using scene = await open();
  const { at, releases, run, push } = scene;
  await push(NEWER);
  const rule = (subject: string) =>
    at.write(
      "home/.config/blobber/config.yaml",
      `verify:\n  rules:\n    - name: own\n      match: ["${releases.artifact}"]\n      any:\n` +
        `        - {issuer: ${releases.home.issuer}, subject: "${subject}", ` +
        `trusted-root: ${at.dir}/root.json}\n`,
    );
  await at.write("root.json", releases.trustedRoot);
  await rule("https://github.com/acme/other");
  const refused = await run(["upgrade"]);
  assert.equal(refused.status, 7);
  assert.match(refused.stderr, /rule "own"/);
  scene.isUntouched();
  await rule(`${releases.home.identityPrefix}v${NEWER}`);
  assert.equal((await run(["upgrade"])).status, 0);
});

Deno.test("an upgrade that is stopped or cannot write leaves the old binary and nothing else", async () => {
  await using scene = await open();
  const { at, releases, push } = scene;
  const start = () =>
    new Deno.Command(`${at.dir}/bin/blobber`, {
      args: ["upgrade"],
      env: at.environment(),
      clearEnv: true,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();

  // Stopped while the binary is on its way.
  await push(NEWER, `${binaryThatSays(NEWER)}# ${incompressible(1_000_000)}`);
  releases.registry.onRequest = ({ path }) =>
    path.includes("/blobs/") ? { stallAfter: 200_000 } : undefined;
  const running = start();
  await until(() => readdirSync(`${at.dir}/bin`).length > 1);
  running.kill("SIGINT");
  assert.equal((await running.status).code, 130);
  scene.isUntouched();

  releases.registry.onRequest = undefined;

  // Stopped while the new binary is tried.
  await push(NEWER, `#!/bin/sh\n: > "${at.dir}/tried"\nexec sleep 600\n`);
  const trying = start();
  await until(() => readdirSync(at.dir).includes("tried"));
  trying.kill("SIGTERM");
  assert.equal((await trying.status).code, 143);
  scene.isUntouched();

  await push(NEWER);
  if (Deno.uid() !== 0) {
    chmodSync(`${at.dir}/bin`, 0o555);
    const refused = await scene.run(["upgrade"]);
    chmodSync(`${at.dir}/bin`, 0o755);
    assert.equal(refused.status, 13, refused.stderr);
    scene.isUntouched();
  }
});

Deno.test("what something else installed is refused before any request, with what upgrades it", async () => {
  await using scene = await open();
  const { at, releases, push } = scene;
  await push(NEWER);
  const before = releases.registry.requests.length;
  const old = await standIn({ home: releases.home });
  for (
    const [path, command] of [
      ["opt/homebrew/Cellar/blobber/1/bin/blobber", "brew upgrade blobber"],
      ["scoop/apps/blobber/current/blobber", "scoop update blobber"],
    ] as const
  ) {
    await at.write(path, old, 0o755);
    const { code, stderr } = await new Deno.Command(`${at.dir}/${path}`, {
      args: ["upgrade"],
      env: at.environment(),
      clearEnv: true,
    }).output();
    assert.equal(code, 2);
    assert.ok(new TextDecoder().decode(stderr).includes(command), command);
  }
  const source = await at.run(["upgrade"]);
  assert.equal(source.status, 2);
  assert.match(source.stderr, IS_PACKAGE ? /npm install -g/ : /git pull/);
  assert.equal(releases.registry.requests.length, before);
});

/** Compares with the reference page. */
function hasShape(document: Record<string, unknown>): void {
  const documented = Object.keys(SHAPES.upgrade!);
  const demanded = documented.filter((field) => !field.endsWith("?"));
  assert.deepEqual(demanded.filter((field) => !(field in document)), []);
  const known = documented.map((field) => field.replace("?", ""));
  assert.deepEqual(Object.keys(document).filter((field) => !known.includes(field)), []);
}

function incompressible(size: number): string {
  let text = "";
  while (text.length < size) text += crypto.getRandomValues(new Uint8Array(32)).toHex();
  return text;
}

/** Waits for what another process does, without a timer of its own. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}
