import { test } from "node:test";
import assert from "node:assert/strict";
import { fromBase64, toBase64, toHex } from "@blobber/core/internal/bytes";
import type { Signature } from "@blobber/core";
import type { Policy } from "./policy.ts";
import {
  type BundleOptions,
  DEVELOPER,
  type Json,
  MANIFEST,
  signable,
} from "../../tests/fakes/bundles.ts";
import { signedName } from "../../tests/fakes/registry/references.ts";
import { FakeKey } from "../../tests/fakes/sigstore/keys.ts";
import {
  check,
  key,
  make,
  pemOf,
  refused,
  sigstore,
  trust,
  useSigstore,
} from "../../tests/fakes/verification.ts";
import { toPem } from "../encoding/pem.ts";
import { SIMPLE_SIGNING_TYPE } from "../encoding/simple_signing.ts";
import { createVerifier } from "./verifier.ts";

useSigstore();

const SIGNATURE = "dev.cosignproject.cosign/signature";
const CERTIFICATE = "dev.sigstore.cosign/certificate";
const ENTRY = "dev.sigstore.cosign/bundle";

/** The payload as cosign writes it. */
const payload = (change: (payload: Json) => void = () => {}): Json => {
  const made = {
    critical: {
      identity: { "docker-reference": "ghcr.io/acme/app" },
      image: { "docker-manifest-digest": MANIFEST.digest },
      type: "cosign container image signature",
    },
    optional: null,
  };
  change(made);
  return made;
};

/** A signature as cosign 2 stored it: the log's promise is there, and no proof of inclusion. */
function older(
  options: BundleOptions & { payload?: never; says?: Json; ownKey?: boolean } = {},
): Signature & { annotations: Record<string, string> } {
  const { says = payload(), ownKey = false, ...rest } = options;
  const signed = signable(JSON.stringify(says));
  const bundle = make("v0.3 message", { ...rest, manifest: signed });
  const [entry] = bundle.verificationMaterial.tlogEntries;
  const certificate = toPem(
    "CERTIFICATE",
    fromBase64(bundle.verificationMaterial.certificate.rawBytes)!,
  );
  return {
    mediaType: SIMPLE_SIGNING_TYPE,
    bytes: signed.bytes,
    annotations: {
      [SIGNATURE]: bundle.messageSignature.signature,
      ...(!ownKey && { [CERTIFICATE]: certificate }),
      ...(!ownKey && {
        [ENTRY]: JSON.stringify({
          SignedEntryTimestamp: entry.inclusionPromise.signedEntryTimestamp,
          Payload: {
            body: entry.canonicalizedBody,
            integratedTime: Number(entry.integratedTime),
            logIndex: Number(entry.logIndex),
            logID: toHex(fromBase64(entry.logId.keyId)!),
          },
        }),
      }),
    },
  };
}

const policy: Policy = {
  signers: [DEVELOPER],
  get trust() {
    return trust;
  },
};
const verify = (signature: Signature, rules: Policy = policy) =>
  createVerifier(rules).verify(MANIFEST, signature);

test("cosign-sig-tag: a signature of cosign 2 verifies, by its certificate and the log's promise", async () => {
  const verdict = await verify(older());
  assert.deepEqual(verdict.signer.kind, "certificate");
  assert.equal(check(verdict, "log"), "passed");
  assert.equal(check(verdict, "timestamp"), "passed");
  assert.ok(verdict.time instanceof Date);
});

test("cosign-sig-tag: one by a key of one's own verifies by that key alone", async () => {
  const signature = older({ key, ownKey: true });
  const { signer } = await verify(signature, { signers: [{ key: pemOf(key) }] });
  assert.equal(signer.kind, "key");
  const other = new FakeKey("P-256");
  await refused(verify(signature, { signers: [{ key: pemOf(other) }] }), "identity-mismatch");
});

test("cosign-sig-tag: it counts only where older forms do, and binds no name", async () => {
  const strict = createVerifier({ ...policy, legacyMessageSignature: false });
  assert.equal(strict.accepts(SIMPLE_SIGNING_TYPE), false);
  assert.equal(createVerifier(policy).accepts(SIMPLE_SIGNING_TYPE), true);
  await refused(strict.verify(MANIFEST, older()), "signature-invalid", /older form/);
  const bound = createVerifier({ ...policy, nameBinding: "repository" });
  const named = { ...MANIFEST, name: signedName("ghcr.io/acme/app", "v1") };
  await refused(bound.verify(named, older()), "name-mismatch");
});

test("cosign-sig-tag: another identity, digest, type or critical field is refused", async () => {
  await refused(
    verify(older(), { ...policy, signers: [{ ...DEVELOPER, subject: "eve@example.com" }] }),
    "identity-mismatch",
  );
  const wrong: [(payload: Json) => void, RegExp][] = [
    [(p) => p.critical.image["docker-manifest-digest"] = `sha256:${"0".repeat(64)}`, /it is over/],
    [
      (p) => p.critical.image["docker-manifest-digest"] = MANIFEST.digest.toUpperCase(),
      /it is over/,
    ],
    [(p) => p.critical.image.more = "x", /has a field "more"/],
    [(p) => p.critical.type = "atomic container signature", /payload is a/],
    [(p) => p.critical.expires = "never", /has a field "expires"/],
    [(p) => delete p.critical, /critical/],
  ];
  for (const [change, said] of wrong) {
    await refused(verify(older({ says: payload(change) })), "signature-invalid", said);
  }
});

test("cosign-sig-tag: what the log did not promise, or promised of something else, is refused", async () => {
  const change = (edit: (entry: Json) => void) => {
    const signature = older();
    const entry = JSON.parse(signature.annotations[ENTRY]!);
    edit(entry);
    signature.annotations[ENTRY] = JSON.stringify(entry);
    return signature;
  };
  const edits: ((entry: Json) => void)[] = [
    (entry) => entry.Payload.integratedTime += 1,
    (entry) => entry.Payload.integratedTime = 0,
    (entry) => entry.Payload.integratedTime = -1,
    (entry) => entry.Payload.logIndex += 1,
    (entry) => entry.Payload.logID = "00".repeat(32),
    (entry) => entry.Payload.logID = "00",
    (entry) => entry.SignedEntryTimestamp = toBase64(new Uint8Array(70)),
    (entry) => delete entry.SignedEntryTimestamp,
    (entry) => delete entry.Payload,
    (entry) =>
      entry.Payload.body = JSON.parse(
        older({ says: payload((p) => p.optional = {}) })
          .annotations[ENTRY]!,
      ).Payload.body,
  ];
  for (const edit of edits) await refused(verify(change(edit)), "signature-invalid");
  const without = older();
  delete without.annotations[ENTRY];
  await refused(verify(without), "signature-invalid", /no transparency log/);
});

test("cosign-sig-tag: annotations that are not what they should be are refused", async () => {
  const edits: ((annotations: Record<string, string>) => void)[] = [
    (a) => delete a[SIGNATURE],
    (a) => a[SIGNATURE] = "",
    (a) => a[SIGNATURE] = toBase64(new Uint8Array(5000)),
    (a) => a[SIGNATURE] = toBase64(new Uint8Array(70)),
    (a) => a[CERTIFICATE] = "x",
    (a) => a[CERTIFICATE] = a[CERTIFICATE]!.repeat(2),
    (a) => a[CERTIFICATE] = toPem("CERTIFICATE", sigstore.ca.root),
    (a) => a[ENTRY] = "{}",
    (a) => a[ENTRY] = "[",
  ];
  for (const edit of edits) {
    const signature = older();
    edit(signature.annotations);
    await refused(verify(signature), "signature-invalid");
  }
});

test("a bundle without proof of inclusion stays refused, whatever it promises", async () => {
  const bundle = make("v0.3 message");
  delete bundle.verificationMaterial.tlogEntries[0].inclusionProof;
  await refused(
    verify({
      mediaType: bundle.mediaType,
      bytes: new TextEncoder().encode(JSON.stringify(bundle)),
    }),
    "signature-invalid",
    /without inclusion proof/,
  );
});
