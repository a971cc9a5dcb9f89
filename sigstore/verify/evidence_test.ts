import { test } from "node:test";
import assert from "node:assert/strict";
import { toBase64 } from "@blobber/core/internal/bytes";
import type { Policy } from "./policy.ts";
import {
  DEVELOPER,
  type Json,
  makeBundle,
  MANIFEST,
  stored,
  trustOf,
} from "../../tests/fakes/bundles.ts";
import { startSigstore } from "../../tests/fakes/sigstore.ts";
import { FakeKey } from "../../tests/fakes/sigstore/keys.ts";
import {
  check,
  key,
  make,
  policyFor,
  refused,
  sigstore,
  STATEMENT,
  useSigstore,
  verify,
} from "../../tests/fakes/verification.ts";
import {
  authority,
  certificateOf,
  extension,
  identifiers,
  toBeSigned,
  years,
} from "../../tests/fakes/sigstore/x509.ts";
import { toPem } from "../encoding/pem.ts";
import { element, octetString, oid, sequence, TAG } from "../encoding/der.ts";
import { createVerifier } from "./verifier.ts";

useSigstore();

test("a certificate without SCT is refused by a root that names certificate logs", () =>
  refused(verify(make(STATEMENT, { leaf: { sct: false } })), "signature-invalid", /SCT/));

test("a root without certificate logs takes a certificate without SCT, and says so", async () => {
  const policy: Policy = { signers: [DEVELOPER], trust: trustOf(sigstore, (r) => r.ctlogs = []) };
  const without = await verify(make(STATEMENT, { leaf: { sct: false } }), policy);
  assert.equal(check(without, "transparency"), "absent");
  const unknown = await verify(make(STATEMENT), policy);
  assert.equal(check(unknown, "transparency"), "unchecked");
  assert.match(unknown.checks[2]!.evidence, /names no certificate transparency log/);
});

const YEAR = 365 * 86_400_000;
const at = (ms: number) => new Date(Math.floor((Date.now() + ms) / 1000) * 1000);

for (const kind of ["v0.3 statement", "v0.3 statement, rekor 2"] as const) {
  test(`an expired certificate is fine when signed evidence shows the time: ${kind}`, async () => {
    const then = at(-2 * YEAR);
    const leaf = { notBefore: then, notAfter: new Date(then.getTime() + 600_000) };
    const now = new Date(then.getTime() + 5000);
    const verdict = await verify(make(kind, { leaf, now }));
    assert.equal(verdict.time?.getTime(), now.getTime());
  });

  for (const [name, offset] of [["after", YEAR], ["before", -YEAR]] as const) {
    test(`a certificate used a year ${name} its time is refused: ${kind}`, () =>
      refused(verify(make(kind, { now: at(offset) })), "signature-invalid", /certificate|key of/));
  }
}

for (
  const [list, kind] of [["tlogs", STATEMENT], ["tlogs", "v0.3 statement, rekor 2"], [
    "ctlogs",
    STATEMENT,
  ]] as const
) {
  test(`GHSA-wqqc-jjcq-vfxm: a key of ${list} counts only while it was valid: ${kind}`, async () => {
    const policy = (validFor: Json): Policy => ({
      signers: [DEVELOPER],
      trust: trustOf(sigstore, (root) => {
        for (const log of root[list]) log.publicKey.validFor = validFor;
      }),
    });
    const start = "2020-01-01T00:00:00Z";
    await verify(make(kind), policy({ start, end: at(YEAR).toISOString() }));
    await refused(
      verify(make(kind), policy({ start, end: at(-YEAR).toISOString() })),
      "signature-invalid",
    );
    await refused(
      verify(make(kind), policy({ start: at(YEAR).toISOString() })),
      "signature-invalid",
    );
  });
}

test("GHSA-wfqv-66vq-46rm: an authority that was not valid then does not count", async () => {
  for (const list of ["certificateAuthorities", "timestampAuthorities"]) {
    const late = trustOf(sigstore, (root) => {
      for (const one of root[list]) {
        one.validFor = { start: "2020-01-01T00:00:00Z", end: "2021-01-01T00:00:00Z" };
      }
    });
    await refused(
      verify(make("v0.3 statement, rekor 2"), { signers: [DEVELOPER], trust: late }),
      "signature-invalid",
    );
  }
});

test("a certificate log with another key is refused", () =>
  refused(
    verify(make(STATEMENT), {
      signers: [DEVELOPER],
      trust: trustOf(sigstore, (r) => r.ctlogs[0].publicKey.rawBytes = toBase64(key.spki)),
    }),
    "signature-invalid",
  ));

test("the root of another Sigstore vouches for no signer of this one", async () => {
  const stranger = await startSigstore();
  try {
    const bundle = makeBundle(stranger, STATEMENT);
    await refused(verify(bundle), "signature-invalid");
    await refused(
      verify(make(STATEMENT), { signers: [DEVELOPER], trust: trustOf(stranger) }),
      "signature-invalid",
    );
    // Its authority alone, beside our logs, does not do either: the certificate is not by ours.
    bundle.verificationMaterial.tlogEntries = make(STATEMENT).verificationMaterial.tlogEntries;
    await refused(verify(bundle), "signature-invalid");
  } finally {
    await stranger.close();
  }
});

for (const kind of ["v0.3 message", "v0.3 statement, rekor 2"] as const) {
  test(`a signature that another key made is refused, though it is logged: ${kind}`, () =>
    refused(
      verify(make(kind, { signWith: new FakeKey("P-256") })),
      "signature-invalid",
      /key did not make it/,
    ));
}

test("a checkpoint is signed in the log's own name, not in a part of it", async () => {
  for (const kind of [STATEMENT, "v0.3 statement, rekor 2"] as const) {
    const bundle = make(kind);
    const { checkpoint } = bundle.verificationMaterial.tlogEntries[0].inclusionProof;
    checkpoint.envelope = checkpoint.envelope.replace(/\u2014 \S+ /, "\u2014 test ");
    await refused(verify(bundle), "signature-invalid", /not signed in the log's name/);
  }
});

test("RFC 3161, 2.3: an authority whose certificate is not for timestamps alone does not stamp", async () => {
  const { tsa } = sigstore;
  const root = new FakeKey("P-256");
  // The same key, name and serial number under a root of the test's own.
  const policy = (...purposes: string[]): Policy => {
    const certificate = certificateOf(
      toBeSigned({
        subject: "fake-tsa",
        issuer: "fake-tsa-root",
        spki: tsa.key.spki,
        serial: new Uint8Array([0x11, 0x22, 0x33]),
        extensions: [
          extension("2.5.29.37", sequence(...purposes.map((id) => oid(id))), true),
          ...identifiers(tsa.key.spki, root),
        ],
        ...years(),
      }, root),
      root,
    );
    const chain = [certificate, authority("fake-tsa-root", root), tsa.certificate];
    const trust = trustOf(sigstore, (json) => {
      json.timestampAuthorities[0].certChain.certificates = chain.map((der) => ({
        rawBytes: toBase64(der),
      }));
    });
    return { signers: [DEVELOPER], trust };
  };
  const [stamping, signing] = ["1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.3"];
  const bundle = make("v0.3 statement, rekor 2");
  await verify(bundle, policy(stamping));
  await refused(verify(bundle, policy(signing)), "signature-invalid", /timestamp/);
  await refused(verify(bundle, policy(stamping, signing)), "signature-invalid", /timestamp/);
});

test("sigstore-js f074710: a time that no log signed is no time", async () => {
  const bundle = make(STATEMENT);
  const [entry] = bundle.verificationMaterial.tlogEntries;
  delete entry.inclusionPromise;
  entry.logIndex = entry.inclusionProof.logIndex;
  await refused(verify(bundle), "signature-invalid", /time is not signed/);
  entry.integratedTime = "0";
  await refused(verify(bundle), "signature-invalid", /no signed time/);
});

test("no time is shown by the clock of this machine", async () => {
  const bundle = make("v0.3 statement, rekor 2");
  delete bundle.verificationMaterial.timestampVerificationData;
  await refused(verify(bundle), "signature-invalid", /no signed time/);
});

test("a certificate without log entry is refused, with a timestamp too", async () => {
  const bundle = make("v0.3 statement, rekor 2");
  delete bundle.verificationMaterial.tlogEntries;
  await refused(verify(bundle), "signature-invalid", /no transparency log/);
});

test("sigstore-go dbb07e6: an entry given twice counts as none", async () => {
  const bundle = make(STATEMENT);
  const { verificationMaterial } = bundle;
  verificationMaterial.tlogEntries.push(structuredClone(verificationMaterial.tlogEntries[0]));
  await refused(verify(bundle), "signature-invalid", /twice/);
});

test("CVE-2022-36056: an entry about another signature, or by another key, is refused", async () => {
  const bundle = make(STATEMENT);
  const stranger = make(STATEMENT, { statement: (one) => ({ ...one, predicate: { a: 1 } }) });
  bundle.verificationMaterial.tlogEntries = stranger.verificationMaterial.tlogEntries;
  await refused(verify(bundle), "signature-invalid", /log entry/);
});

test("CVE-2022-36056: an entry that names another certificate of the same key is refused", async () => {
  const mine = new FakeKey("P-256");
  const decoy = make("v0.3 message", { key: mine });
  const bundle = make("v0.3 message", {
    key: mine,
    loggedKey: toPem(
      "CERTIFICATE",
      Uint8Array.from(
        atob(decoy.verificationMaterial.certificate.rawBytes),
        (c) => c.charCodeAt(0),
      ),
    ),
  });
  await refused(verify(bundle), "signature-invalid", /another key or certificate/);
});

test("sigstore-python#1651: a bundle cannot lower what is demanded by its version", async () => {
  for (const version of ["0.1", "0.2"]) {
    const bundle = make(STATEMENT);
    bundle.mediaType = `application/vnd.dev.sigstore.bundle+json;version=${version}`;
    await refused(verify(bundle), "signature-invalid");
  }
  const proofless = make(STATEMENT);
  delete proofless.verificationMaterial.tlogEntries[0].inclusionProof;
  await refused(verify(proofless), "signature-invalid", /without inclusion proof/);
  const { bytes } = stored(make(STATEMENT));
  const mediaType = "application/vnd.dev.sigstore.bundle+json;version=0.1";
  await refused(
    createVerifier(policyFor(STATEMENT)).verify(MANIFEST, { mediaType, bytes }),
    "signature-invalid",
    /stored as/,
  );
});

test("a chain may hold intermediates of the root, never a root or a stranger", async () => {
  const bundle = make("v0.1 message, chain");
  const { certificates } = bundle.verificationMaterial.x509CertificateChain;
  certificates.push({ rawBytes: toBase64(sigstore.ca.root) });
  await refused(verify(bundle), "signature-invalid", /not an intermediate/);
  certificates[2] = certificates[0];
  await refused(verify(bundle), "signature-invalid", /not an intermediate/);
});

for (const kind of [STATEMENT, "v0.3 statement, rekor 2"] as const) {
  test(`own-signature-refused: a log that is served under another name than it signs with: ${kind}`, async () => {
    const trust = trustOf(sigstore, (root) => {
      for (const log of root.tlogs) log.baseUrl = "https://elsewhere.example";
    });
    const verdict = await verify(make(kind), { signers: [DEVELOPER], trust });
    assert.equal(verdict.log?.url, "https://elsewhere.example");
    const others = trustOf(sigstore, (root) => {
      for (const log of root.tlogs) log.publicKey.rawBytes = toBase64(key.spki);
    });
    const bundle = make(kind);
    delete bundle.verificationMaterial.tlogEntries[0].inclusionPromise;
    bundle.verificationMaterial.tlogEntries[0].integratedTime = "0";
    bundle.verificationMaterial.tlogEntries[0].logIndex =
      bundle.verificationMaterial.tlogEntries[0].inclusionProof.logIndex;
    await refused(
      verify(bundle, { signers: [DEVELOPER], trust: others }),
      "signature-invalid",
      /checkpoint's signature is not the log's/,
    );
  });
}

/** An object identifier whose one number is so many bytes long. */
const longOid = (bytes: number) =>
  element(TAG.oid, new Uint8Array(bytes).fill(0x81), new Uint8Array([1]));

test("long-oid: a bundle with such a certificate, timestamp or log entry is refused by form", async () => {
  const certificate = make(STATEMENT);
  certificate.verificationMaterial.certificate.rawBytes = toBase64(
    sequence(sequence(longOid(700_000))),
  );
  await refused(verify(certificate), "signature-invalid", /rawBytes is too long/);
  certificate.verificationMaterial.certificate.rawBytes = toBase64(
    sequence(sequence(longOid(60_000))),
  );
  await refused(verify(certificate), "signature-invalid", /object identifier of 60001 bytes/);

  const stamped = make("v0.3 statement, rekor 2");
  const [stamp] = stamped.verificationMaterial.timestampVerificationData.rfc3161Timestamps;
  // Where the library would look for it: inside the octet string that holds what is stamped.
  stamp.signedTimestamp = toBase64(sequence(sequence(octetString(sequence(longOid(60_000))))));
  await refused(
    verify(stamped),
    "signature-invalid",
    /timestamp.*object identifier of 60001 bytes/,
  );

  const logged = make(STATEMENT);
  const [entry] = logged.verificationMaterial.tlogEntries;
  const body = JSON.parse(atob(entry.canonicalizedBody));
  body.spec.signatures[0].verifier = btoa("-----BEGIN A-----".repeat(10_000));
  entry.canonicalizedBody = btoa(JSON.stringify(body));
  await refused(verify(logged), "signature-invalid", /names no key/);
  entry.inclusionProof.checkpoint.envelope += "\u2014 rekor1.test AAAAAAAA\n".repeat(10_000);
  entry.canonicalizedBody = make(STATEMENT).verificationMaterial.tlogEntries[0].canonicalizedBody;
  await refused(verify(logged), "signature-invalid");
});
