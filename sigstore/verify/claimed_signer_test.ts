import { test } from "node:test";
import assert from "node:assert/strict";
import { DEVELOPER, MANIFEST, stored } from "../../tests/fakes/bundles.ts";
import { FakeKey } from "../../tests/fakes/sigstore/keys.ts";
import {
  key,
  make,
  pemOf,
  refused,
  STATEMENT,
  useSigstore,
} from "../../tests/fakes/verification.ts";
import { claimText, readClaimedSigner } from "./claimed_signer.ts";
import { readPublicKey } from "../keys/public_key.ts";
import { TAG_ANNOTATION } from "../encoding/statement.ts";

useSigstore();

const KEY = "v0.3 statement, key alone";

/** A bundle of a key whose statement names something. */
const named = (name: unknown, annotations?: unknown) =>
  make(KEY, {
    statement: ({ subject: [subject], ...statement }) => ({
      ...statement,
      subject: [{ ...subject, name, ...annotations !== undefined && { annotations } }],
    }),
  });

test("a key is named by the same fingerprint everywhere", () => {
  const { fingerprint } = readPublicKey(pemOf(key));
  const claimed = readClaimedSigner(stored(make(KEY)));
  assert.deepEqual(claimed.signer, {
    kind: "key",
    fingerprint,
    hint: make(KEY).verificationMaterial.publicKey.hint,
  });
  assert.equal(claimText(claimed), `the key ${fingerprint}`);
  // What is read is a claim: with another's signature it is the same.
  const forged = make(KEY, { signWith: new FakeKey("P-256") });
  assert.deepEqual(readClaimedSigner(stored(forged)), claimed);
});

test("a hint that is no digest is shown as it is, quoted", () => {
  for (const hint of ["release key", "", "AAAA", "\x1b[2J"]) {
    const bundle = make(KEY);
    bundle.verificationMaterial.publicKey.hint = hint;
    const claimed = readClaimedSigner(stored(bundle));
    assert.equal(claimed.signer.kind === "key" && claimed.signer.fingerprint, undefined);
    const who = hint === "" ? "an unnamed key" : 'the key "';
    assert.ok(claimText(claimed).startsWith(who));
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(claimText(claimed), /\x1b/);
  }
});

test("a certificate's holder is named with the issuer", () => {
  const claimed = readClaimedSigner(stored(make(STATEMENT)));
  assert.deepEqual(claimed.signer, { kind: "certificate", ...DEVELOPER });
  assert.equal(claimText(claimed), '"dev@example.com" (issuer "https://issuer.test")');
});

test("the signed name is told with its tag, and one that is malformed is none", () => {
  const name = (bundle: ReturnType<typeof make>) => readClaimedSigner(stored(bundle)).name;
  assert.deepEqual(name(named("ghcr.io/acme/site")), {
    repository: "ghcr.io/acme/site",
    tag: undefined,
  });
  const tagged = named("ghcr.io/acme/site", { [TAG_ANNOTATION]: "v1" });
  assert.match(claimText(readClaimedSigner(stored(tagged))), /, as "ghcr\.io\/acme\/site:v1"$/);
  for (
    const bundle of [
      make(KEY),
      named(3),
      named({}),
      named("a", []),
      make(KEY, { payload: MANIFEST.bytes }),
      make(KEY, { payload: new TextEncoder().encode("no JSON") }),
      make(KEY, { payloadType: "text/plain" }),
      make("v0.3 message"),
    ]
  ) assert.equal(name(bundle), undefined);
});

test("what is no bundle is refused", async () => {
  const signature = { ...stored(make(KEY)), bytes: new TextEncoder().encode("{}") };
  await refused(Promise.resolve().then(() => readClaimedSigner(signature)), "signature-invalid");
});
