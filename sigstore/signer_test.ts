import { afterEach, beforeEach, test } from "node:test";
import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, verify, X509Certificate } from "node:crypto";
import { type Digest, isBlobberError, type Notice, type Signable } from "@blobber/core";
import { type FakeSigstore, startSigstore } from "../tests/fakes/sigstore.ts";
import type { FakeService, SigstoreFault } from "../tests/fakes/sigstore.ts";
import { FakeKey } from "../tests/fakes/sigstore/keys.ts";
import { fromBase64, toBase64 } from "./bytes.ts";
import { preAuthEncoding } from "./dsse.ts";
import { createSigner, type KeylessOptions, type SignerOptions } from "./signer.ts";
import { PAYLOAD_TYPE } from "./statement.ts";
import { givenToken } from "./tokens/given.ts";

let sigstore: FakeSigstore;
beforeEach(async () => {
  sigstore = await startSigstore();
});
afterEach(() => sigstore.close());

const bytes = new TextEncoder().encode('{"schemaVersion":2}');
const hex = createHash("sha256").update(bytes).digest("hex");
const manifest: Signable = {
  digest: `sha256:${hex}`,
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  size: bytes.length,
  bytes,
  name: { repository: "ghcr.io/acme/app", tag: "v1" },
};
const pemOf = (kind: "ec" | "ed25519" | "rsa") => {
  const pair = kind === "ec"
    ? generateKeyPairSync("ec", { namedCurve: "P-256" })
    : kind === "rsa"
    ? generateKeyPairSync("rsa", { modulusLength: 2048 })
    : generateKeyPairSync("ed25519");
  const spki = new Uint8Array(pair.publicKey.export({ type: "spki", format: "der" }));
  return {
    pem: pair.privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    publicKey: pair.publicKey,
    hint: createHash("sha256").update(spki).digest("base64"),
  };
};
const ecKey = pemOf("ec");
/** No waiting between tries. */
const services = { pause: () => Promise.resolve() };

const keyless = (more: Partial<KeylessOptions> = {}): SignerOptions => ({
  token: givenToken(sigstore.oidc.token()),
  fulcioUrl: sigstore.urls.fulcio,
  rekorUrl: sigstore.urls.rekor1,
  services,
  ...more,
});
// deno-lint-ignore no-explicit-any
async function bundleOf(options: SignerOptions): Promise<any> {
  const signature = await (await createSigner(options)).sign(manifest);
  assert.equal(signature.mediaType, "application/vnd.dev.sigstore.bundle.v0.3+json");
  return JSON.parse(new TextDecoder().decode(signature.bytes));
}
const asked = () => sigstore.requests.map(({ service, path }) => `${service}${path}`);

test("keyless with Rekor v1: the bundle holds certificate, envelope and entry, and they belong together", async () => {
  const bundle = await bundleOf(keyless());
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
    keyless({ rekorUrl: sigstore.urls.rekor2, timestampUrl: sigstore.urls.tsa }),
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

test("the key of a keyless signature is made for it alone, and its private half is sent nowhere", async () => {
  const signer = await createSigner(keyless());
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
    const signer = await createSigner(keyless({ token: source(seconds) }));
    await signer.sign(manifest);
    await signer.sign(manifest);
    assert.equal(fetched, expected);
  }
});

test("with a key of one's own and no log, nothing is asked and equal content gives equal bytes", async () => {
  for (const kind of ["ed25519", "rsa", "ec"] as const) {
    if (kind === "ec" && !("Deno" in globalThis)) continue;
    const key = pemOf(kind);
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
      name: { repository: "ghcr.io/acme/app", tag: "v2" },
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
  const options = { key: pemOf("ed25519"), rekorUrl: sigstore.urls.rekor1, services };
  const [one, two] = [await bundleOf(options), await bundleOf(options)];
  assert.deepEqual(one.verificationMaterial.tlogEntries, two.verificationMaterial.tlogEntries);
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
      { key: pemOf("ed25519"), rekorUrl, rekorVersion: 2, timestampUrl },
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

test("a token goes to no plain address that is not this machine, row 57", async () => {
  const options = keyless({ fulcioUrl: "http://fulcio.example" });
  await assert.rejects(createSigner(options), /expected https, or http on this machine/);
  assert.deepEqual(sigstore.requests, []);
});

test("a log that turns out to be of version 2 gets nothing without a timestamp authority", async () => {
  await assert.rejects(bundleOf(keyless({ rekorUrl: sigstore.urls.rekor2 })), {
    code: "invalid-option",
  });
  assert.ok(!asked().some((path) => path.startsWith("rekor2/api/v2")));
});

test("row 59: a manifest that is not its digest is not signed", async () => {
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
  const declined = await createSigner(keyless({ confirm: ask(false) }));
  await assert.rejects(declined.sign(manifest), { code: "interrupted" });
  assert.deepEqual(sigstore.requests, []);
  const agreed = await createSigner(keyless({ confirm: ask(true) }));
  await agreed.sign(manifest);
  await agreed.sign(manifest);
  assert.deepEqual(questions, ["dev@example.com", "dev@example.com"]);
  const token = givenToken(sigstore.oidc.githubToken());
  await bundleOf(keyless({ token, confirm: ask(false) }));
  assert.equal(questions.length, 2);
});

const OUTAGES: [string, FakeService, SigstoreFault, RegExp][] = [
  ["is down", "fulcio", "cut", /^Fulcio at 127\.0\.0\.1:\d+ did not answer/],
  ["is overloaded", "fulcio", { status: 503, body: "busy" }, /^Fulcio at .* answered 503: busy$/],
  ["is down", "rekor1", "cut", /^Rekor at 127\.0\.0\.1:\d+ did not answer/],
  [
    "fails",
    "rekor1",
    { status: 500, body: '{"message":"oops"}' },
    /^Rekor at .* answered 500: oops$/,
  ],
  ["is down", "tsa", "cut", /^the timestamp authority at 127\.0\.0\.1:\d+ did not answer/],
  ["answers HTML", "fulcio", { status: 200, body: "<html>" }, /something else than a JSON object/],
  ["answers HTML", "rekor1", { status: 201, body: "<html>" }, /something else than a JSON object/],
  ["answers HTML", "tsa", { status: 200, body: "<html>" }, /something else than a timestamp/],
  ["answers nothing", "fulcio", { status: 200, body: "{}" }, /without a certificate/],
  ["answers nothing", "rekor1", { status: 201, body: "{}" }, /an incomplete entry/],
  [
    "answers a flood",
    "rekor1",
    { status: 201, body: "x".repeat(2 ** 21) },
    /more than 1048576 bytes/,
  ],
  [
    "redirects",
    "fulcio",
    { status: 307, headers: { location: "http://evil.example/" } },
    /redirect/,
  ],
  [
    "refuses for an hour",
    "tsa",
    { status: 429, headers: { "retry-after": "3600" } },
    /answered 429/,
  ],
];
for (const [what, service, fault, said] of OUTAGES) {
  test(`outage: ${service} ${what}: the error names the service and what can be done`, async () => {
    sigstore.onRequest = (request) => request.service === service ? fault : undefined;
    await assert.rejects(bundleOf(keyless({ timestampUrl: sigstore.urls.tsa })), (error) => {
      assert.ok(isBlobberError(error, "signing-service"), String(error));
      assert.equal(error.status, 11);
      assert.match(error.message, said);
      assert.match(error.hint!, /a key of your own/);
      return true;
    });
    const tries = sigstore.requests.filter((request) => request.service === service).length;
    const again = fault === "cut" || (fault as { status?: number }).status === 503;
    // A connection that is cut while it is kept alive is tried once more by fetch itself.
    const most = fault === "cut" ? 6 : 3;
    assert.ok(again ? tries >= 3 && tries <= most : tries === 1, `${tries} tries`);
    // What comes after a failed step is not asked: nothing is published that cannot be used.
    const order: FakeService[] = ["fulcio", "tsa", "rekor1"];
    const later = order.slice(order.indexOf(service) + 1);
    assert.ok(!sigstore.requests.some((request) => later.includes(request.service)));
  });
}

test("outage: a service that says nothing is given up", async () => {
  sigstore.onRequest = () => "hang";
  const options = { ...keyless(), services: { ...services, idleTimeoutMs: 5 } };
  await assert.rejects(bundleOf(options), /Fulcio at .* did not answer: no byte came for 0\.005 s/);
});

test("a service that fails for a moment is asked again", async () => {
  const failures = new Set<FakeService>(["fulcio", "tsa", "rekor1"]);
  sigstore.onRequest = ({ service }) => failures.delete(service) ? { status: 502 } : undefined;
  const bundle = await bundleOf(keyless({ timestampUrl: sigstore.urls.tsa }));
  assert.equal(bundle.verificationMaterial.tlogEntries.length, 1);
  assert.equal(sigstore.requests.length, 6);
});

test("signing stops when it is interrupted, with the signal's reason", async () => {
  sigstore.onRequest = () => "hang";
  const stop = new AbortController();
  const signer = await createSigner(keyless());
  const reason = new Error("stop");
  const signing = signer.sign(manifest, { signal: stop.signal });
  queueMicrotask(() => stop.abort(reason));
  await assert.rejects(signing, reason);
});

test("a token is never in an error, whatever a service says", async () => {
  const token = sigstore.oidc.token();
  for (
    const said of [token, token.slice(0, 250), token.split(".")[1]!, `cut ${token.slice(0, 40)}`]
  ) {
    sigstore.onRequest = () => ({ status: 400, body: JSON.stringify({ message: `bad: ${said}` }) });
    await assert.rejects(bundleOf(keyless({ token: givenToken(token) })), (error) => {
      assert.ok(isBlobberError(error, "signing-service"));
      for (const part of token.split(".")) {
        assert.ok(!`${error.message}${error.hint}`.includes(part.slice(0, 14)), error.message);
      }
      return true;
    });
  }
});

test("row 59: a certificate for another key or identity is refused", async () => {
  const issuer = sigstore.urls.oidc;
  const changes: Parameters<typeof refusedLeaf>[] = [
    [{ spki: new FakeKey().spki }, /for another key/],
    [
      { names: [{ email: "eve@example.com" }] },
      /for "eve@example.com", expected "dev@example.com"/,
    ],
    [{ names: [{ uri: "dev@example.com" }] }, /expected "dev@example.com"/],
    [{ issuer: "https://evil.example" }, /of the issuer "https:\/\/evil\.example"/],
    [{ issuer, issuerV2: "https://evil.example" }, /of the issuer "https:\/\/evil\.example"/],
    [{ names: [] }, /certificate/],
    [{ names: [{ email: "dev@example.com" }, { email: "eve@example.com" }] }, /exactly one name/],
  ];
  for (const [leaf, said] of changes) await refusedLeaf(leaf, said);
  assert.ok(!asked().some((path) => path.startsWith("rekor")));
});
async function refusedLeaf(
  change: Partial<Parameters<FakeSigstore["ca"]["issue"]>[0]>,
  said: RegExp,
): Promise<void> {
  sigstore.onIssue = (leaf) => ({ ...leaf, ...change });
  await assert.rejects(bundleOf(keyless()), (error) => {
    assert.ok(isBlobberError(error, "signing-service"), String(error));
    assert.match(error.message, said);
    return true;
  });
}

test("row 59: for a job of GitHub Actions the certificate's name ends in the token's workflow", async () => {
  const token = givenToken(sigstore.oidc.githubToken());
  await bundleOf(keyless({ token }));
  sigstore.onIssue = (leaf) => ({
    ...leaf,
    names: [{ uri: "https://github.com/evil/x@refs/heads/main" }],
  });
  await assert.rejects(bundleOf(keyless({ token })), { code: "signing-service" });
});

test("row 59: an entry for another payload, signature or verifier is refused (CVE-2022-36056)", async () => {
  const v1 =
    (change: (spec: Record<string, unknown>) => void) => (body: Record<string, unknown>) => {
      const [[uuid, entry]] = Object.entries(body) as [[string, { body: string }]];
      const value = JSON.parse(atob(entry.body));
      change(value.spec);
      return { [uuid]: { ...entry, body: btoa(JSON.stringify(value)) } };
    };
  type Signatures = { signature: string; verifier: string }[];
  for (
    const rewrite of [
      v1((spec) => (spec.payloadHash as { value: string }).value = "0".repeat(64)),
      v1((spec) => (spec.signatures as Signatures)[0]!.signature = "AAAA"),
      v1((spec) => (spec.signatures as Signatures)[0]!.verifier = "AAAA"),
      v1((spec) => (spec.signatures as Signatures).push({ signature: "AAAA", verifier: "AAAA" })),
      v1((spec) => delete spec.signatures),
    ]
  ) {
    sigstore.onRequest = ({ service }) => service === "rekor1" ? { rewrite } : undefined;
    await assert.rejects(bundleOf(keyless()), /an entry for something else than was sent/);
  }
  type Record002 = { data: { digest: string }; signature: { content: string; verifier: unknown } };
  const v2 = (change: (record: Record002) => void) => (body: Record<string, unknown>) => {
    const value = JSON.parse(atob(body.canonicalizedBody as string));
    change(value.spec.hashedRekordV002);
    return { ...body, canonicalizedBody: btoa(JSON.stringify(value)) };
  };
  for (
    const rewrite of [
      v2((record) => record.data.digest = toBase64(new Uint8Array(32))),
      v2((record) => record.signature.content = "AAAA"),
      v2((record) => record.signature.verifier = { x509Certificate: { rawBytes: "AAAA" } }),
    ]
  ) {
    sigstore.onRequest = ({ service }) => service === "rekor2" ? { rewrite } : undefined;
    const options = keyless({
      rekorUrl: sigstore.urls.rekor2,
      rekorVersion: 2,
      timestampUrl: sigstore.urls.tsa,
    });
    await assert.rejects(bundleOf(options), /an entry for something else than was sent/);
  }
});

test("row 59: an entry without a proof or a checkpoint is refused", async () => {
  for (const part of ["inclusionProof", "signedEntryTimestamp"]) {
    sigstore.onRequest = ({ service }) =>
      service === "rekor1"
        ? {
          rewrite: (body) => {
            const [entry] = Object.values(body) as { verification: Record<string, unknown> }[];
            delete entry!.verification[part];
            return body;
          },
        }
        : undefined;
    await assert.rejects(bundleOf(keyless()), /an incomplete entry/);
  }
});

test("row 59: a timestamp of something else, or from another request, is refused", async () => {
  let first: string | undefined;
  const relay = async (input: unknown, init?: RequestInit) => {
    const response = await fetch(input as string, init);
    if (String(input) !== sigstore.urls.tsa) return response;
    const body = new Uint8Array(await response.arrayBuffer());
    first ??= toBase64(body);
    return new Response(fromBase64(first), { status: 201 });
  };
  const options = {
    ...keyless({ timestampUrl: sigstore.urls.tsa }),
    services: { ...services, fetch: relay as typeof fetch },
  };
  await bundleOf(options);
  await assert.rejects(bundleOf(options), /a timestamp of something else than was sent/);
  // The same signature twice: only the nonce tells the answers apart.
  first = undefined;
  const own = {
    key: pemOf("ed25519"),
    timestampUrl: sigstore.urls.tsa,
    services: options.services,
  };
  await bundleOf(own);
  await assert.rejects(bundleOf(own), /does not repeat the request's nonce/);
});

test("a certificate without SCT is reported, since most verifiers refuse it", async () => {
  sigstore.onIssue = (leaf) => ({ ...leaf, sct: false });
  const notices: Notice[] = [];
  await bundleOf({ ...keyless(), onNotice: (notice) => notices.push(notice) });
  assert.deepEqual(notices.map(({ code }) => code), ["no-sct"]);
});
