import { test } from "node:test";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { fromBase64, toBase64 } from "@blobber/core/internal/bytes";
import type { Policy } from "../verify/policy.ts";
import { DEVELOPER, type Json, trustOf } from "../../tests/fakes/bundles.ts";
import { FakeKey } from "../../tests/fakes/sigstore/keys.ts";
import {
  make,
  refused,
  sigstore,
  STATEMENT,
  useSigstore,
  verify,
} from "../../tests/fakes/verification.ts";
import { authority } from "../../tests/fakes/sigstore/x509.ts";
import { element, inside, readOne, sequence } from "../encoding/der.ts";

useSigstore();

const YEAR = 365 * 86_400_000;
const at = (ms: number) => new Date(Math.floor((Date.now() + ms) / 1000) * 1000);
const hash = (bytes: Uint8Array) => new Uint8Array(createHash("sha256").update(bytes).digest());

for (const kind of [STATEMENT, "v0.3 statement, rekor 2"] as const) {
  test(`root-v02-checkpoint-id: a log's id and the id of its checkpoints have their own use: ${kind}`, async () => {
    const bundle = make(kind);
    const policy = (change: (log: Json) => void): Policy => ({
      signers: [DEVELOPER],
      trust: trustOf(sigstore, (root) => {
        root.mediaType = "application/vnd.dev.sigstore.trustedroot.v0.2+json";
        root.tlogs.forEach(change);
      }),
    });
    const bytesOf = (log: Json) => fromBase64(log.logId.keyId)!;
    // The first four bytes, as a signed note has them, or the whole hash.
    await verify(
      bundle,
      policy((log) => log.checkpointKeyId = { keyId: toBase64(bytesOf(log).subarray(0, 4)) }),
    );
    await verify(bundle, policy((log) => log.checkpointKeyId = { ...log.logId }));
    // Only the id of checkpoints, which for such logs is that of entries too.
    await verify(
      bundle,
      policy((log) => {
        log.checkpointKeyId = log.logId;
        delete log.logId;
      }),
    );
    const other = { keyId: toBase64(hash(new Uint8Array(1))) };
    await refused(
      verify(bundle, policy((log) => log.checkpointKeyId = other)),
      "signature-invalid",
      /checkpoint/,
    );
    await refused(
      verify(
        bundle,
        policy((log) => {
          log.checkpointKeyId = { keyId: toBase64(bytesOf(log).subarray(0, 4)) };
          log.logId = other;
        }),
      ),
      "signature-invalid",
      /a log that the trust root does not name/,
    );
  });

  test(`root-two-windows: a key that is listed twice counts in both of its windows: ${kind}`, async () => {
    const windows = [
      { start: "2020-01-01T00:00:00Z", end: "2021-01-01T00:00:00Z" },
      { start: at(-YEAR).toISOString() },
    ];
    const policy = (order: number[]): Policy => ({
      signers: [DEVELOPER],
      trust: trustOf(sigstore, (root) => {
        for (const list of ["tlogs", "ctlogs"]) {
          root[list] = root[list].flatMap((log: Json) =>
            order.map((i) => ({
              ...log,
              baseUrl: `${log.baseUrl}/${i}`,
              publicKey: { ...log.publicKey, validFor: windows[i] },
            }))
          );
        }
      }),
    });
    const bundle = make(kind);
    for (const order of [[0, 1], [1, 0]]) {
      const { log } = await verify(bundle, policy(order));
      assert.match(log!.url, /\/1$/, "the one whose window fits is named");
    }
    await refused(verify(bundle, policy([0, 0])), "signature-invalid");
  });
}

test("root-two-windows: a second key under a log's id is tried too", async () => {
  const trust = trustOf(sigstore, (root) => {
    root.tlogs = root.tlogs.flatMap((log: Json) => [
      { ...log, publicKey: { ...log.publicKey, rawBytes: toBase64(new FakeKey("P-256").spki) } },
      log,
    ]);
  });
  await verify(make(STATEMENT), { signers: [DEVELOPER], trust });
});

test("tsa-extra-certificate: a certificate that comes along and is not needed is not looked at", async () => {
  const bundle = make("v0.3 statement, rekor 2");
  const [stamp] = bundle.verificationMaterial.timestampVerificationData.rfc3161Timestamps;
  const carrying = (...extra: Uint8Array[]) => {
    const [status, token] = inside(readOne(fromBase64(stamp.signedTimestamp)!));
    const [type, wrapped] = inside(token);
    const signedData = inside(readOne(wrapped!.content));
    const kept = signedData.filter(({ tag }) => tag !== 0xa0).map(({ raw }) => raw);
    const signedDataWith = sequence(...kept.slice(0, 3), ...extra, ...kept.slice(3));
    const changed = structuredClone(bundle);
    changed.verificationMaterial.timestampVerificationData.rfc3161Timestamps = [{
      signedTimestamp: toBase64(
        sequence(status!.raw, sequence(type!.raw, element(0xa0, signedDataWith))),
      ),
    }];
    return changed;
  };
  const { certificate } = sigstore.tsa;
  const unknown = authority("unknown", new FakeKey("P-256"));
  for (const certificates of [[], [certificate], [certificate, unknown], [unknown]]) {
    await verify(carrying(element(0xa0, ...certificates)));
  }
  await verify(carrying());
  await verify(carrying(element(0xa0, unknown), element(0xa1)));
  await refused(
    verify(carrying(element(0xa0), element(0xa0))),
    "signature-invalid",
    /its timestamp carries/,
  );
});

test("a timestamp that the trust root cannot check is told to be one", async () => {
  const trust = trustOf(sigstore, (root) => root.timestampAuthorities = []);
  const bundle = make("v0.3 statement, rekor 2");
  await refused(verify(bundle, { signers: [DEVELOPER], trust }), "signature-invalid", /timestamp/);
});
