/**
 * A whole release against loopback: a registry, JSR, npm and a real Sigstore, with stand-ins for the binaries. Then
 * it is installed from all of these, and verified by rule.
 */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { writeStandIn } from "../fakes/standin_binary.ts";
import { sha256OfFile } from "../../tasks/binary/checksums.ts";
import { TARGET_NAMES, TARGETS } from "../../tasks/binary/targets.ts";
import { buildImages } from "../../tasks/images/build.ts";
import { runtimeProgram } from "../../tasks/runtimes.ts";
import { Home, interop } from "./harness.ts";
import { startEmptyJsr } from "./jsr.ts";
import { NPM_TOKEN, startNpmRegistry } from "./npm_registry.ts";
import { exec, must, type Ran, TempDir } from "./processes.ts";
import { releaseTree, SMALL_PARTS } from "./release_tree.ts";
import { distribution } from "./servers.ts";
import { startSigstack } from "./sigstack.ts";
import { cosign, mustCosign, refused, SIGNING_PEERS } from "./signing_cli.ts";

const VERSION = "9.8.7";
const TAG = `v${VERSION}`;
const WORKFLOW = "blobber-dev/blobber/.github/workflows/release.yml@refs/tags/";

/** Steps that make the release, without the binaries and the images of them, and those that send it. */
const MAKES = "sbom,checksums,artifacts,notes";
const SENDS = "sign,push,jsr,npm,latest,verify";

interop("a release is made, published, installed and verified by rule", SIGNING_PEERS, async () => {
  using dir = new TempDir("blobber-release-");
  await using stack = await startSigstack();
  await using registry = await distribution();
  await using npm = startNpmRegistry();
  await using jsr = startEmptyJsr();
  using home = new Home();
  const { tree, commit } = await releaseTree(dir, VERSION);
  const artifact = `${registry.host}/blobber-dev/blobber`;
  const issuer = stack.issuer.actionsUrl;
  const identityPrefix = `https://github.com/${WORKFLOW}`;
  const sigstore = { signingConfig: stack.signingConfig2, trustedRoot: stack.trustedRoot };
  const signer = { issuer, identityPrefix };
  const places = { artifact, signer, npm: npm.url, jsr: jsr.url, sigstore };
  Deno.writeTextFileSync(dir.at("places.json"), JSON.stringify(places));
  Deno.writeTextFileSync(
    dir.at("npmrc"),
    `//${new URL(npm.url).host}/:_authToken=${NPM_TOKEN}\n@blobber:registry=${npm.url}\n`,
  );
  // `npx deno` hands its own settings of npm down, in these names.
  const inherited = Object.keys(Deno.env.toObject()).filter((key) => /^npm_config_/i.test(key));
  const env = {
    ...Object.fromEntries(inherited.map((key) => [key, ""])),
    ...home.env,
    ...stack.actions,
    ACTIONS_ID_TOKEN_REQUEST_URL: `${issuer}/token?workflow=${WORKFLOW}${TAG}`,
    JSR_TOKEN: "of no use",
    npm_config_userconfig: dir.at("npmrc"),
    npm_config_cache: dir.at("npm-cache"),
  };
  const release = (words: string[], before: string[] = []): Promise<Ran> => {
    const task = [Deno.execPath(), "run", "-A", "--quiet", `${tree}/tasks/release/main.ts`];
    const [program, ...args] = [...before, ...task, "--places", dir.at("places.json"), ...words];
    return exec(program!, args, { cwd: tree, env });
  };
  const step = async (names: string) => {
    const ran = await release(["--only", names, TAG]);
    assert.equal(ran.code, 0, `${names}\n${ran.stdout}${ran.stderr}`);
  };
  const at = (path: string) => `${tree}/dist/release/${path}`;

  // A dry run, where the kernel itself lets nothing leave: there is no network at all, not even to this machine.
  const alone = Deno.uid() === 0 ? ["unshare", "--net"] : [];
  const dry = await release(["--dry", TAG], alone);
  assert.equal(dry.code, 0, dry.stdout + dry.stderr);
  assert.ok(dry.stdout.includes(`${artifact}:${TAG}  sha256:`), dry.stdout);
  assert.match(dry.stdout, new RegExp(`the gate did not hold for ${commit}`));
  const refusal = await release([TAG, "--only", "check"]);
  assert.equal(refusal.code, 1);
  assert.match(refusal.stdout, /error: the gate did not hold/);

  // What other machines pass on: that the gate held, and the binaries.
  Deno.writeTextFileSync(at("gate.json"), JSON.stringify({ commit }));
  await step("check");
  // Where no binary can be compiled, text stands in for them, and cannot be published.
  if (existsSync(at("placeholders.txt"))) {
    const placeholders = await release([TAG, "--only", "push"]);
    assert.equal(placeholders.code, 1, placeholders.stdout);
    assert.match(placeholders.stdout, /no binaries were compiled/);
    Deno.removeSync(at("placeholders.txt"));
  }
  for (const target of TARGET_NAMES) {
    const facts = { version: VERSION, commit, target };
    await writeStandIn(at(`artifact/${TARGETS[target].file}`), facts);
  }
  await step(MAKES);
  const images = { binaries: at("artifact"), version: VERSION, commit, out: at("images") };
  await buildImages({ ...images, created: "2027-01-02T00:00:00Z", parts: SMALL_PARTS });

  // It fails in the middle, and goes on.
  npm.refuses.add("@blobber/sigstore");
  const failed = await release(["--only", SENDS, TAG]);
  assert.equal(failed.code, 1, failed.stdout);
  assert.deepEqual(npm.published, [`@blobber/core@${VERSION}`], failed.stdout + failed.stderr);
  await refused(home, 4, /latest/, ["resolve", `${artifact}:latest`]);
  npm.refuses.clear();
  const state = async () => {
    const tags = (await home.must(["tags", artifact])).stdout;
    const tree = await home.must(["tree", `${artifact}:${TAG}`]);
    return tags + tree.stdout;
  };
  const before = await state();
  await step(SENDS);
  const packages = ["core", "sigstore", "cli"].map((name) => `@blobber/${name}@${VERSION}`);
  assert.deepEqual(npm.published, packages);
  assert.deepEqual(jsr.published, packages);
  const after = await state();
  // Without the lines of the tree: `latest` has a signature of its own.
  for (const line of before.split("\n").map((line) => line.replace(/^\W+/, ""))) {
    assert.ok(after.includes(line), `${line}\n${after}`);
  }
  const bundle = Deno.readTextFileSync(at("page/checksums.txt.sigstore.json"));
  await step(SENDS.replace(",verify", ""));
  assert.equal(await state(), after);
  assert.deepEqual([npm.published, jsr.published], [packages, packages]);
  assert.equal(Deno.readTextFileSync(at("page/checksums.txt.sigstore.json")), bundle);

  // By rule, in a configuration as a user writes it.
  const rule = (subject: string) => {
    const path = dir.at("config.yaml");
    Deno.writeTextFileSync(
      path,
      `verify:
  unmatched: deny
  rules:
    - name: blobber
      match: ["${artifact}", "${artifact}-image"]
      name-binding: reference
      any: [{ issuer: "${issuer}", subject: "${subject}", trusted-root: "${stack.trustedRoot}" }]
`,
    );
    return ["--config", path];
  };
  const ours = rule(identityPrefix + TAG);
  await home.must(["pull", `${artifact}:${TAG}`, dir.at("pulled"), ...ours]);
  await home.must(["pull", `${artifact}:${TAG}.sbom`, dir.at("sbom"), ...ours]);
  await must("sha256sum", ["--check", "--ignore-missing", "--quiet", "checksums.txt"], {
    cwd: dir.at("pulled"),
  });
  const page = sha256OfFile(at("page/blobber.spdx.json"));
  assert.equal(sha256OfFile(dir.at("sbom/blobber.spdx.json")), page);
  const binary = dir.at("pulled/blobber-linux-x64");
  const told = `blobber version ${VERSION} (commit ${commit})\n`;
  assert.equal((await must(binary, ["--version"], { env })).stdout, told);
  await home.must(["cat", `${artifact}:latest`, "checksums.txt", ...ours]);
  // A binary of an older release becomes this one.
  const trustedRoot = Deno.readTextFileSync(stack.trustedRoot);
  const here = { artifact, ...signer, trustedRoot };
  const installed = dir.at("blobber");
  await writeStandIn(installed, { version: "9.8.6", commit, target: "linux-x64", home: here });
  await must(installed, ["upgrade"], { env: home.env });
  assert.equal(sha256OfFile(installed), sha256OfFile(binary));
  for (const reference of [`${artifact}-image:${TAG}`, `${artifact}-image:${TAG}-deno`]) {
    await home.must(["verify", reference, ...ours]);
  }
  const older = rule(`${identityPrefix}v9.8.6`);
  await refused(home, 7, /v9\.8\.6/, ["pull", `${artifact}:${TAG}`, dir.at("no"), ...older]);

  // cosign finds the same signatures, and verifies the page's.
  const trust = ["--trusted-root", stack.trustedRoot, "--certificate-oidc-issuer", issuer];
  const identity = [...trust, "--certificate-identity", identityPrefix + TAG];
  for (const name of [TAG, `${TAG}.sbom`, "latest"]) {
    await mustCosign(stack, "verify", ...identity, `${artifact}:${name}`);
  }
  const statement = ["--type", "https://sigstore.dev/cosign/sign/v1"];
  const ofList = ["--bundle", at("page/checksums.txt.sigstore.json")];
  const blob = ["verify-blob-attestation", ...statement, ...ofList];
  await mustCosign(stack, ...blob, ...identity, at("page/checksums.txt"));
  const wrong = [...trust, "--certificate-identity", `${identityPrefix}v1.0.0`];
  assert.notEqual((await cosign(stack, ...blob, ...wrong, at("page/checksums.txt"))).code, 0);
  assert.notEqual((await cosign(stack, ...blob, ...identity, at("page/install.sh"))).code, 0);
  const said = Deno.readTextFileSync(at("notes.md"));
  assert.match(said, /^### Added\n\n- A rehearsal\.\n\n## Digests\n/);

  // From JSR and from npm, in a directory of their own.
  const elsewhere = { cwd: dir.path, env: { ...env, JSR_URL: jsr.url } };
  const cache = { ...elsewhere.env, DENO_DIR: dir.at("deno") };
  Deno.mkdirSync(dir.at("deno"));
  Deno.symlinkSync(`${home.env["DENO_DIR"]}/npm`, dir.at("deno/npm"));
  const run = ["run", "-A", "--quiet", "--no-config", "--no-lock", `jsr:@blobber/cli@${VERSION}`];
  const fromJsr = await must(Deno.execPath(), [...run, "version"], { ...elsewhere, env: cache });
  assert.equal(fromJsr.stdout, `blobber version ${VERSION}\n`);
  const npx = ["--yes", "--package", `@blobber/cli@${VERSION}`, "blobber", "version"];
  // What is on the PATH may be older than the command line asks for.
  const path = `${dirname(runtimeProgram("node24"))}:${Deno.env.get("PATH")}`;
  const fromNpm = await must("npx", npx, { ...elsewhere, env: { ...elsewhere.env, PATH: path } });
  assert.equal(fromNpm.stdout, `blobber version ${VERSION}\n`);

  // Nothing that is published changes: other content under the same tag is an error.
  Deno.writeTextFileSync(at("page/blobber.spdx.json"), "{}\n");
  await step("artifacts");
  const other = await release(["--only", "push", TAG]);
  assert.equal(other.code, 1);
  assert.match(other.stdout, /v9\.8\.7\.sbom is sha256:\w+ already/);
  assert.equal(await state(), after);
});
