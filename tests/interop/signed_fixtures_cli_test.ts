/**
 * Every artifact that the Go tool and cosign signed with real services, verified by the command line, and
 * refused when another signer is demanded.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Home, SHARED, withFiles } from "./harness.ts";
import { must } from "./processes.ts";
import { requirePeer } from "./peers.ts";
import { distribution } from "./servers.ts";
import { refused } from "./signing_cli.ts";

const FIXTURES = `${SHARED}/fixtures/interop`;
const ROOT = ["--trusted-root", `${FIXTURES}/trusted_root.json`];
const ISSUER = "http://127.0.0.1:18080";
const WORKFLOW = "https://github.com/acme/demo/.github/workflows/ci.yml@refs/heads/main";

const CI = ["--verify-issuer", `${ISSUER}/gha`, "--verify-subject", WORKFLOW, ...ROOT];
const DEV = ["--verify-issuer", ISSUER, "--verify-subject", "dev@example.com", ...ROOT];
const KEY = ["--verify-key", `${FIXTURES}/key.pub`];
const LOGGED = [...KEY, ...ROOT, "--require-log"];

/** Each tag with those who signed it, and with those who did not and the status that says so. */
const FIXTURE_SIGNERS: Record<string, { by: string[][]; not: [string[], number][] }> = {
  "blobber-gzip": { by: [CI, KEY, LOGGED], not: [[DEV, 7]] },
  "blobber-signed": { by: [CI, KEY, LOGGED], not: [[DEV, 7]] },
  "blobber-keysigned": { by: [KEY, LOGGED], not: [[CI, 7], [DEV, 7]] },
  "cosign-rekor1": { by: [DEV], not: [[CI, 7], [KEY, 7]] },
  "cosign-rekor2": { by: [DEV], not: [[CI, 7], [KEY, 7]] },
  "cosign-key": { by: [KEY, LOGGED], not: [[CI, 7], [DEV, 7]] },
  "cosign-key-notlog": { by: [KEY], not: [[LOGGED, 5], [CI, 7], [DEV, 7]] },
  "blobber-zstd": { by: [], not: [[CI, 6], [DEV, 6], [KEY, 6]] },
};

/** Every line of the table, for one artifact. */
async function check(home: Home, tag: string, reference: string): Promise<void> {
  const { by, not } = FIXTURE_SIGNERS[tag]!;
  for (const who of by) {
    const { stdout } = await home.must(["verify", reference, ...who, "--offline", "-ojson"]);
    const { digest, checks } = JSON.parse(stdout) as {
      digest: string;
      checks: { name: string; result: string }[];
    };
    assert.match(digest, /^sha256:[0-9a-f]{64}$/);
    const failed = checks.filter(({ name, result }) => name === "signature" && result !== "passed");
    assert.deepEqual(failed, []);
  }
  for (const [who, status] of not) {
    await refused(home, status, /^Error: /, ["verify", reference, ...who, "--offline"]);
  }
}

withFiles("no signed fixture is left out", FIXTURES, () => {
  const { manifests } = JSON.parse(Deno.readTextFileSync(`${FIXTURES}/layout/index.json`)) as {
    manifests: { annotations?: Record<string, string> }[];
  };
  const tags = manifests.flatMap(({ annotations }) =>
    annotations?.["org.opencontainers.image.ref.name"] ?? []
  );
  assert.deepEqual(Object.keys(FIXTURE_SIGNERS).sort(), tags.sort());
  return Promise.resolve();
});

for (const tag of Object.keys(FIXTURE_SIGNERS)) {
  withFiles(`the fixture ${tag} is by its signers alone`, FIXTURES, async () => {
    using home = new Home();
    await check(home, tag, `oci:${FIXTURES}/layout:${tag}`);
  });
}

withFiles(
  "the Go tool's signed fixture is pulled, and so is one file of it",
  FIXTURES,
  async () => {
    using home = new Home();
    const reference = `oci:${FIXTURES}/layout:blobber-signed`;
    const who = [...CI, "--offline", "--verify-repo", "acme/demo"];
    await home.must(["pull", reference, home.dir.at("out"), ...who]);
    await home.must(["cat", reference, "big.txt", ...who]);
    const other = ["pull", reference, home.dir.at("other"), ...DEV, "--offline"];
    await refused(home, 7, /signed by .*expected/, other);
    assert.throws(() => Deno.lstatSync(home.dir.at("other")), Deno.errors.NotFound);
  },
);

withFiles("signed fixtures verify in a registry that oras copied them to", FIXTURES, async () => {
  await using registry = await distribution();
  using home = new Home();
  for (const tag of ["blobber-signed", "cosign-rekor2", "cosign-key-notlog"]) {
    const reference = `${registry.host}/fixtures/${tag}:v1`;
    const copy = ["cp", "-r", "--to-plain-http", "--from-oci-layout", `${FIXTURES}/layout:${tag}`];
    await must(requirePeer("oras"), [...copy, reference], { env: home.env });
    await check(home, tag, reference);
  }
}, ["registry", "oras"]);
