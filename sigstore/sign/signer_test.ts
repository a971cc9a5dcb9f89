import { afterEach, beforeEach, test } from "node:test";
import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, verify, X509Certificate } from "node:crypto";
import { fromBase64, toBase64 } from "@blobber/core/internal/bytes";
import type { Digest, Notice } from "@blobber/core";
import { trustOf } from "../../tests/fakes/bundles.ts";
import { bundleOf, hex, keyless, manifest, ownKey, services } from "../../tests/fakes/signing.ts";
import { type FakeSigstore, startSigstore } from "../../tests/fakes/sigstore.ts";
import { preAuthEncoding } from "../encoding/dsse.ts";
import { createSigner } from "./signer.ts";
import type { SignerOptions } from "./signer_options.ts";
import { PAYLOAD_TYPE } from "../encoding/statement.ts";
import { givenToken } from "../tokens/given.ts";
import type { TokenRequest } from "../tokens/token.ts";
import { signedName } from "../../tests/fakes/registry/references.ts";

let sigstore: FakeSigstore;
beforeEach(async () => {
  sigstore = await startSigstore();
});
afterEach(() => sigstore.close());

const ecKey = ownKey("ec");
const asked = () => sigstore.requests.map(({ service, path }) => `${service}${path}`);

test("keyless with Rekor v1: the bundle holds certificate, envelope and entry, and they belong together", async () => {
  const bundle = await bundleOf(keyless(sigstore));
  const { certificate, tlogEntries, ...rest } = bundle.verificationMaterial;
  assert.deepEqual(rest, {});
  const leaf = new X509Certificate(fromBase64(certificate.rawBytes)!);
  assert.equal(leaf.subjectAltName, "email:dev@example.com");
  const payload = fromBase64(bundle.dsseEnvelope.payload)!;
  const signature = fromBase64(bundle.dsseEnvelope.signatures[0].sig)!;
  assert.ok(verify("sha256", preAuthEncoding(PAYLOAD_TYPE, payload), leaf.publicKey, signature));
  assert.deepEqual(JSON.parse(new TextDecoder().decode(payload)).subject, [{
    name: "ghcr.io/acme/app",
    digest: { sha256: hex },
    annotations: { "dev.blobber.tag": "v1" },
  }]);
  const [entry] = tlogEntries;
  assert.deepEqual(Object.keys(entry), [
    ...["logIndex", "logId", "kindVersion", "integratedTime", "inclusionPromise"],
    ...["inclusionProof", "canonicalizedBody"],
  ]);
  assert.deepEqual([entry.logIndex, entry.inclusionProof.logIndex], ["1000", "0"]);
  assert.equal(entry.logId.keyId, toBase64(sigstore.rekor1.keyId));
  assert.deepEqual(asked(), ["fulcio/api/v2/signingCert", "rekor1/api/v1/log/entries"]);
});

test("keyless with Rekor v2: found out by asking, with a timestamp over the signature", async () => {
  const bundle = await bundleOf(
    keyless(sigstore, { rekorUrl: sigstore.urls.rekor2, timestampUrl: sigstore.urls.tsa }),
  );
  const [entry] = bundle.verificationMaterial.tlogEntries;
  assert.deepEqual(entry.kindVersion, { kind: "hashedrekord", version: "0.0.2" });
  assert.equal("integratedTime" in entry, false);
  const { rfc3161Timestamps } = bundle.verificationMaterial.timestampVerificationData;
  const stamped = toBase64(fromBase64(rfc3161Timestamps[0].signedTimestamp)!);
  const signature = fromBase64(bundle.dsseEnvelope.signatures[0].sig)!;
  const digest = createHash("sha256").update(signature).digest("hex");
  const response = Array.from(fromBase64(stamped)!, (b) => b.toString(16).padStart(2, "0")).join(
    "",
  );
  assert.ok(response.includes(digest));
  assert.deepEqual(asked(), [
    ...[
      "fulcio/api/v2/signingCert",
      "tsa",
      "rekor2/api/v1/log/entries",
      "rekor2/api/v2/log/entries",
    ],
  ]);
});

for (const version of [1, 2] as const) {
  test(`keyless by a signing configuration with Rekor v${version}, loaded when the first signature is made`, async () => {
    let loads = 0;
    const signer = await createSigner({
      token: givenToken(sigstore.oidc.githubToken()),
      signingConfig: () => Promise.resolve((loads++, sigstore.signingConfig(version))),
      services,
    });
    assert.equal(loads, 0);
    await signer.sign(manifest);
    assert.deepEqual(asked(), [
      "fulcio/api/v2/signingCert",
      "tsa",
      `rekor${version}/api/v${version}/log/entries`,
    ]);
  });
}

test("a login is at the issuer of the signing configuration, and never at the public one for others", async () => {
  const issuers: unknown[] = [];
  const token = {
    name: "test",
    token: async ({ issuer }: TokenRequest) => {
      issuers.push(await issuer!());
      return sigstore.oidc.token();
    },
  };
  const signingConfig = sigstore.signingConfig(1);
  await (await createSigner({ token, signingConfig, services })).sign(manifest);
  await (await createSigner(keyless(sigstore, { token }))).sign(manifest);
  assert.deepEqual(issuers, [sigstore.urls.oidc, undefined]);
});

test("without a token that can be used, no service and no configuration is asked for", async () => {
  const signer = await createSigner({
    token: givenToken(sigstore.oidc.token({ exp: 1 })),
    signingConfig: () => assert.fail("loaded"),
  });
  await assert.rejects(signer.sign(manifest), { code: "unauthorized" });
  assert.deepEqual(sigstore.requests, []);
});

test("the key of a keyless signature is made for it alone, and its private half is sent nowhere", async () => {
  const signer = await createSigner(keyless(sigstore));
  const keys = new Set<string>();
  for (let i = 0; i < 2; i++) {
    const { bytes } = await signer.sign(manifest);
    const { certificate } = JSON.parse(new TextDecoder().decode(bytes)).verificationMaterial;
    keys.add(new X509Certificate(fromBase64(certificate.rawBytes)!).publicKey.export({
      type: "spki",
      format: "pem",
    }) as string);
  }
  assert.equal(keys.size, 2);
  for (const { body } of sigstore.requests) {
    assert.ok(!new TextDecoder().decode(body).includes("PRIVATE KEY"));
  }
});

test("one token serves as long as it is valid, and is fetched again when it is not", async () => {
  let fetched = 0;
  const source = (seconds: number) => ({
    name: "test",
    token: () => {
      fetched++;
      const exp = Math.floor(Date.now() / 1000) + seconds;
      return Promise.resolve(sigstore.oidc.token({ sub: "s", email: "a@b.c", exp }));
    },
  });
  for (const [seconds, expected] of [[600, 1], [20, 2]] as const) {
    fetched = 0;
    const signer = await createSigner(keyless(sigstore, { token: source(seconds) }));
    await signer.sign(manifest);
    await signer.sign(manifest);
    assert.equal(fetched, expected);
  }
});

test("with a key of one's own and no log, nothing is asked and equal content gives equal bytes", async () => {
  for (const kind of ["ed25519", "rsa", "ec"] as const) {
    if (kind === "ec" && !("Deno" in globalThis)) continue;
    const key = ownKey(kind);
    const signer = await createSigner({ key });
    const [one, two] = [await signer.sign(manifest), await signer.sign(manifest)];
    assert.deepEqual(one, two);
    const bundle = JSON.parse(new TextDecoder().decode(one.bytes));
    assert.deepEqual(bundle.verificationMaterial, {
      publicKey: { hint: key.hint },
      tlogEntries: [],
    });
    const signed = preAuthEncoding(PAYLOAD_TYPE, fromBase64(bundle.dsseEnvelope.payload)!);
    const signature = fromBase64(bundle.dsseEnvelope.signatures[0].sig)!;
    assert.ok(verify(kind === "ed25519" ? null : "sha256", signed, key.publicKey, signature));
    const other = await signer.sign({
      ...manifest,
      name: signedName("ghcr.io/acme/app", "v2"),
    });
    assert.notDeepEqual(other.bytes, one.bytes);
  }
  assert.deepEqual(sigstore.requests, []);
});

test("the annotations are cosign's, without a time", async () => {
  const { annotations } = await (await createSigner({ key: ecKey })).sign(manifest);
  assert.deepEqual(annotations, {
    "dev.sigstore.bundle.content": "dsse-envelope",
    "dev.sigstore.bundle.predicateType": "https://sigstore.dev/cosign/sign/v1",
  });
});

test("a key of one's own is logged when a log is named; adding it again finds the entry", async () => {
  const options = { key: ownKey("ed25519"), rekorUrl: sigstore.urls.rekor1, services };
  const [one, two] = [await bundleOf(options), await bundleOf(options)];
  const [first, second] = [one, two].map(({ verificationMaterial }) =>
    verificationMaterial.tlogEntries[0]
  );
  assert.deepEqual(
    [second.logIndex, second.integratedTime, second.canonicalizedBody],
    [first.logIndex, first.integratedTime, first.canonicalizedBody],
  );
  assert.match(asked().at(-1)!, /^rekor1\/api\/v1\/log\/entries\/[0-9a-f]{80}$/);
  const v2 = await bundleOf({
    key: ecKey,
    rekorUrl: sigstore.urls.rekor2,
    rekorVersion: 2,
    timestampUrl: sigstore.urls.tsa,
    services,
  });
  assert.equal(v2.verificationMaterial.tlogEntries.length, 1);
});

test("signers that make no sense do not construct", async () => {
  const token = givenToken("a.b.c");
  const { fulcio: fulcioUrl, rekor1: rekorUrl, tsa: timestampUrl } = sigstore.urls;
  const p521 = generateKeyPairSync("ec", { namedCurve: "P-521" }).privateKey
    .export({ type: "pkcs8", format: "pem" }) as string;
  const signingConfig = sigstore.signingConfig(1);
  for (
    const options of [
      {},
      { key: ecKey, token },
      { token, fulcioUrl: "http://fulcio.example" },
      { token, fulcioUrl: "fulcio.example", rekorUrl },
      { token, fulcioUrl: "https://user:pw@fulcio.example", rekorUrl },
      // The public log must not learn of a private authority by default.
      { token, fulcioUrl },
      { token, fulcioUrl, rekorUrl, signingConfig },
      { token, fulcioUrl, rekorUrl, rekorVersion: 2 },
      { token, signingConfig: { ...sigstore.signingConfig(2), tsaUrls: [] } },
      { token, signingConfig: { ...signingConfig, rekorTlogUrls: [], tsaUrls: [] } },
      { token, signingConfig: { ...signingConfig, caUrls: [] } },
      { key: ecKey, rekorVersion: 1 },
      { key: ecKey, rekorUrl: "ftp://x" },
      { key: ecKey, rekorUrl, rekorVersion: 2 },
      { key: ownKey("ed25519"), rekorUrl, rekorVersion: 2, timestampUrl },
      { key: { pem: p521 }, rekorUrl },
    ]
  ) {
    await assert.rejects(
      createSigner(options as unknown as SignerOptions),
      { code: "invalid-option" },
      JSON.stringify(options),
    );
  }
});

test("options of the wrong kind do not construct, and no value is shown", async () => {
  const secret = "c2VjcmV0";
  const token = givenToken(secret);
  for (
    const [options, message] of [
      [undefined, /no options/],
      [null, /no options/],
      [{ key: ecKey.pem }, /the option key is/],
      [{ key: { pem: new TextEncoder().encode(ecKey.pem) } }, /the option key is/],
      [{ key: { pem: ecKey.pem, passphrase: () => secret } }, /the option key is/],
      [{ key: { pem: ecKey.pem, passphrase: 123456 } }, /the option key is/],
      [{ key: null }, /the option key is/],
      [{ token: secret }, /the option token is/],
      [{ token: () => secret }, /the option token is/],
      [{ token: { token: () => secret } }, /the option token is/],
      [{ token: { name: "x", token: secret } }, /the option token is/],
      [{ token, confirm: true }, /the option confirm is/],
      [{ token, clientId: "" }, /the option clientId is/],
      [{ token, fulcioUrl: null }, /the option fulcioUrl is/],
      [{ token, fulcioUrl: new URL("https://fulcio.example") }, /the option fulcioUrl is/],
      [{ token, rekorUrl: 5 }, /the option rekorUrl is/],
      [{ token, rekorUrl: "https://rekor.example", rekorVersion: "2" }, /the option rekorVersion/],
      [{ token, trust: {} }, /the option trust is/],
      [{ token, trust: null }, /the option trust is/],
      [{ token, onNotice: "log" }, /the option onNotice is/],
      [{ token, services: 5 }, /the option services is/],
      // The public log would be asked in place of the one that was meant.
      [{ token, rekorURL: "https://rekor.example" }, /unknown option "rekorURL"/],
      [{ key: ecKey, passphrase: secret }, /unknown option "passphrase"/],
    ] as const
  ) {
    await assert.rejects(
      createSigner(options as unknown as SignerOptions),
      (error: Error & { code: string }) => {
        assert.equal(error.code, "invalid-option", String(error));
        assert.match(error.message, message);
        assert.doesNotMatch(`${error.message} ${error.cause}`, /c2VjcmV0|123456|BEGIN/);
        return true;
      },
    );
  }
  assert.deepEqual(sigstore.requests, []);
});

test("what functions return is looked at before anything is sent or given away", async () => {
  const answers = (answer: unknown) => () => Promise.resolve(answer as never);
  const secret = 123456;
  for (
    const [options, expected] of [
      [{ token: { name: "mine", token: answers(secret) } }, "unauthorized"],
      [{ token: { name: "mine", token: answers(null) } }, "unauthorized"],
      [{ token: { name: "mine", token: answers({ secret }) } }, "unauthorized"],
      [{ token: { name: "mine", token: answers(undefined) } }, "unauthorized"],
      [{ confirm: answers(undefined) }, "invalid-option"],
      [{ confirm: answers("no") }, "invalid-option"],
      [{ confirm: answers({}) }, "invalid-option"],
      [{ trust: answers(undefined) }, "invalid-option"],
      [{ trust: answers({ parts: {} }) }, "invalid-option"],
    ] as const
  ) {
    sigstore.requests.length = 0;
    const signer = await createSigner(keyless(sigstore, options as never));
    await assert.rejects(signer.sign(manifest), (error: Error & { code: string }) => {
      assert.equal(error.code, expected, String(error));
      assert.doesNotMatch(error.message, /123456/);
      return true;
    });
    assert.deepEqual(sigstore.requests, []);
  }
});

test("a token goes to no plain address that is not this machine", async () => {
  const options = keyless(sigstore, { fulcioUrl: "http://fulcio.example" });
  await assert.rejects(createSigner(options), /expected https, or http on this machine/);
  assert.deepEqual(sigstore.requests, []);
});

test("a log that turns out to be of version 2 gets nothing without a timestamp authority", async () => {
  await assert.rejects(bundleOf(keyless(sigstore, { rekorUrl: sigstore.urls.rekor2 })), {
    code: "invalid-option",
  });
  assert.ok(!asked().some((path) => path.startsWith("rekor2/api/v2")));
});

test("a manifest that is not its digest is not signed", async () => {
  const signer = await createSigner({ key: ecKey });
  const digest = `sha256:${"0".repeat(64)}` as Digest;
  await assert.rejects(signer.sign({ ...manifest, digest }), { code: "integrity" });
  await assert.rejects(signer.sign({ ...manifest, size: 1 }), { code: "integrity" });
});

test("an e-mail address is asked about once before it is published; a CI identity is not", async () => {
  const questions: string[] = [];
  const ask = (answer: boolean) => (identity: string) => {
    questions.push(identity);
    return Promise.resolve(answer);
  };
  const declined = await createSigner(keyless(sigstore, { confirm: ask(false) }));
  await assert.rejects(declined.sign(manifest), { code: "interrupted" });
  assert.deepEqual(sigstore.requests, []);
  const agreed = await createSigner(keyless(sigstore, { confirm: ask(true) }));
  await agreed.sign(manifest);
  await agreed.sign(manifest);
  assert.deepEqual(questions, ["dev@example.com", "dev@example.com"]);
  const token = givenToken(sigstore.oidc.githubToken());
  await bundleOf(keyless(sigstore, { token, confirm: ask(false) }));
  assert.equal(questions.length, 2);
});

test("a certificate without SCT is reported, since most verifiers refuse it", async () => {
  sigstore.onIssue = (leaf) => ({ ...leaf, sct: false });
  const notices: Notice[] = [];
  const trust = trustOf(sigstore, (root) => root.ctlogs = []);
  await bundleOf({ ...keyless(sigstore), trust, onNotice: (notice) => notices.push(notice) });
  assert.deepEqual(
    notices.map(({ code }) => code).filter((code) => code !== "request"),
    ["no-sct"],
  );
});
