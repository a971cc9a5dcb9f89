import { afterEach, beforeEach, test } from "node:test";
import assert from "node:assert/strict";
import { toBase64 } from "@blobber/core/internal/bytes";
import { isBlobberError, type Notice } from "@blobber/core";
import { type Json, trustOf } from "../../tests/fakes/bundles.ts";
import { keyless, manifest, ownKey, services } from "../../tests/fakes/signing.ts";
import { type FakeSigstore, type LeafOptions, startSigstore } from "../../tests/fakes/sigstore.ts";
import { createSigner } from "./signer.ts";
import type { SignerOptions } from "./signer_options.ts";
import { givenToken } from "../tokens/given.ts";

let sigstore: FakeSigstore;
beforeEach(async () => {
  sigstore = await startSigstore();
});
afterEach(() => sigstore.close());

/** Signs, and gives the codes of the notices but those of requests. */
async function sign(options: SignerOptions): Promise<string[]> {
  const notices: Notice[] = [];
  const signer = await createSigner({
    ...options,
    onNotice: (notice) => void notices.push(notice),
  });
  await signer.sign(manifest);
  return notices.map(({ code }) => code).filter((code) => code !== "request");
}
const unusable = (options: SignerOptions, message: RegExp) =>
  assert.rejects(sign(options), (error) => {
    assert.ok(isBlobberError(error, "signing-service"), String(error));
    assert.equal(error.exitStatus, 11);
    assert.match(error.message, /^the signature that was made does not verify.* was not stored: /);
    assert.match(error.message, message);
    return true;
  });
const UNCHECKED = ["own-signature-unchecked"];

/** Rekor v1's answer, changed. */
function rewrite(change: (verification: Json, entry: Json) => void): void {
  sigstore.onRequest = ({ service }) =>
    service !== "rekor1" ? undefined : {
      rewrite: (body) => {
        const [entry] = Object.values(body) as Json[];
        change(entry.verification, entry);
        return body;
      },
    };
}

const YEAR = 365 * 86_400_000;
const period = (ms: number): Partial<LeafOptions> => ({
  notBefore: new Date(Date.now() + ms),
  notAfter: new Date(Date.now() + ms + 600_000),
});
const LEAVES: [string, Partial<LeafOptions>, RegExp][] = [
  ["that has expired", period(-YEAR), /certificate/],
  ["that is not yet valid", period(YEAR), /certificate/],
  ["that is an authority's", { authority: true }, /an authority's/],
];
for (const [what, change, said] of LEAVES) {
  test(`signed-and-unusable: a certificate ${what}, with and without a trust root`, async () => {
    sigstore.onIssue = (leaf) => ({ ...leaf, ...change });
    for (const trust of [undefined, trustOf(sigstore)]) {
      for (const version of [1, 2] as const) {
        const token = givenToken(sigstore.oidc.token());
        const signingConfig = sigstore.signingConfig(version);
        await unusable({ token, signingConfig, services, trust }, said);
      }
    }
  });
}

const junk = toBase64(new Uint8Array(70).fill(7));
const ANSWERS: [string, (verification: Json, entry: Json) => void, boolean][] = [
  ["whose promise its log did not sign", (v) => v.signedEntryTimestamp = junk, false],
  [
    "whose checkpoint its log did not sign",
    ({ inclusionProof: proof }) => {
      proof.checkpoint = proof.checkpoint.replace(/(\u2014 \S+ \S{8})\S{8}/, "$1AAAAAAAA");
    },
    false,
  ],
  [
    "whose proof leads elsewhere",
    ({ inclusionProof: proof }) => proof.hashes = ["00".repeat(32)],
    true,
  ],
  [
    "whose proof and checkpoint are of different trees",
    ({ inclusionProof: proof }) => proof.treeSize++,
    true,
  ],
];
for (const [what, change, seen] of ANSWERS) {
  test(`signed-and-unusable: an entry ${what}`, async () => {
    rewrite(change);
    const trust = trustOf(sigstore);
    const key = { key: ownKey("ec"), rekorUrl: sigstore.urls.rekor1, services };
    await unusable(keyless(sigstore, { trust } as Partial<SignerOptions>), /log entry|checkpoint/);
    await unusable({ ...key, trust }, /log entry|checkpoint/);
    // Without a trust root no service's key is known; what needs none is checked.
    if (seen) {
      await unusable(keyless(sigstore), /log entry|checkpoint/);
      await unusable({ ...key, key: ownKey("ec") }, /log entry|checkpoint/);
    } else {
      assert.deepEqual(await sign(keyless(sigstore)), UNCHECKED);
      assert.deepEqual(await sign({ ...key, key: ownKey("ec") }), UNCHECKED);
    }
  });
}

test("signed-and-unusable: Rekor v2's answer has to hold too", async () => {
  sigstore.onRequest = ({ service }) =>
    service !== "rekor2" ? undefined : {
      rewrite: (body: Json) => {
        const { checkpoint } = body.inclusionProof;
        checkpoint.envelope = checkpoint.envelope.replace(/(\u2014 \S+ \S{8})\S{8}/, "$1AAAAAAAA");
        return body;
      },
    };
  await unusable({
    token: givenToken(sigstore.oidc.token()),
    signingConfig: sigstore.signingConfig(2),
    services,
    trust: trustOf(sigstore),
  }, /checkpoint's signature is not the log's/);
});

test("signed-and-unusable: a certificate without SCT under a root that names certificate logs", async () => {
  sigstore.onIssue = (leaf) => ({ ...leaf, sct: false });
  await unusable({ ...keyless(sigstore), trust: trustOf(sigstore) }, /SCT/);
});

test("own-signature-refused: a trust root of other services says so before anything is stored", async () => {
  const other = await startSigstore();
  try {
    await unusable({ ...keyless(sigstore), trust: trustOf(other) }, /by the test's root.*log that/);
    const trust = trustOf(other);
    await unusable(
      { key: ownKey("ec"), rekorUrl: sigstore.urls.rekor1, services, trust },
      /log that the trust root does not name/,
    );
  } finally {
    await other.close();
  }
});

test("own-signature-refused: what a log signs under another name than it is served under is signed", async () => {
  const trust = trustOf(sigstore, (root) => {
    for (const log of root.tlogs) log.baseUrl = "https://elsewhere.example";
  });
  assert.deepEqual(await sign({ ...keyless(sigstore), trust }), []);
  const token = givenToken(sigstore.oidc.token());
  const signingConfig = sigstore.signingConfig(2);
  assert.deepEqual(await sign({ token, signingConfig, services, trust }), []);
});

test("the trust root is had before anything is asked that publishes, and once", async () => {
  let loads = 0;
  const broken = () => Promise.reject(new Error("no root"));
  const failing = await createSigner({ ...keyless(sigstore), trust: broken });
  await assert.rejects(failing.sign(manifest), /no root/);
  assert.deepEqual(sigstore.requests, []);
  const trust = () => {
    loads++;
    return Promise.resolve(trustOf(sigstore));
  };
  const signer = await createSigner({ ...keyless(sigstore), trust });
  await signer.sign(manifest);
  await signer.sign(manifest);
  assert.equal(loads, 1);
});

test("a key of one's own without services is verified with its public half, and needs no root", async () => {
  for (const kind of ["ec", "rsa", "ed25519"] as const) {
    assert.deepEqual(await sign({ key: ownKey(kind) }), []);
  }
  assert.deepEqual(sigstore.requests, []);
  const { rekor2: rekorUrl, tsa: timestampUrl } = sigstore.urls;
  const logged = { key: ownKey("ec"), rekorUrl, rekorVersion: 2 as const, timestampUrl, services };
  assert.deepEqual(await sign(logged), UNCHECKED);
  assert.deepEqual(await sign({ ...logged, trust: trustOf(sigstore) }), []);
});
