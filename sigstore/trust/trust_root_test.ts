import { test } from "node:test";
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MAX_TRUSTED_ROOT_BYTES } from "@blobber/core/limits";
import type { Json } from "../../tests/fakes/bundles.ts";
import { sigstore, useSigstore } from "../../tests/fakes/verification.ts";
import { loadTrustedRoot, readTrustedRoot } from "./trust_root.ts";

useSigstore();

const bytesOf = (root: unknown) => new TextEncoder().encode(JSON.stringify(root));
const load = (change: (root: Json) => void) => {
  const root = structuredClone(sigstore.trustedRoot());
  change(root);
  return loadTrustedRoot(bytesOf(root));
};
const refused = { name: "BlobberError", code: "trust-root" };

test("a root is read whole", () => {
  const { parts, source, confirmed } = load(() => {});
  assert.equal(parts.logs.length, 2);
  assert.equal(parts.ctLogs.length, 1);
  assert.equal(parts.authorities[0]!.certificates.length, 2);
  assert.equal(parts.timestampAuthorities.length, 1);
  assert.equal(source, "the given trust root");
  assert.equal(confirmed, undefined);
});

for (
  const [name, change] of [
    ["a log without start of validity", (r) => delete r.tlogs[0].publicKey.validFor],
    [
      "a log whose validity only ends",
      (r) => r.tlogs[0].publicKey.validFor = { end: "2030-01-01T00:00:00Z" },
    ],
    ["a certificate log without start", (r) => r.ctlogs[0].publicKey.validFor = {}],
    ["a key that is none", (r) => r.tlogs[0].publicKey.rawBytes = "AAAA"],
    [
      "a certificate that is none",
      (r) => r.certificateAuthorities[0].certChain.certificates[0].rawBytes = "AAAA",
    ],
    [
      "an authority without certificates",
      (r) => r.certificateAuthorities[0].certChain.certificates = [],
    ],
    ["a log without id", (r) => delete r.tlogs[0].logId],
    ["a log without address", (r) => r.tlogs[0].baseUrl = "rekor"],
    ["another media type", (r) => r.mediaType = "application/vnd.dev.sigstore.bundle.v0.3+json"],
    ["no media type", (r) => delete r.mediaType],
    ["a time in words", (r) => r.tlogs[0].publicKey.validFor.start = "yesterday"],
    ["a time without zone", (r) => r.tlogs[0].publicKey.validFor.start = "2020-01-01T00:00:00"],
    [
      "a validity that ends before it starts",
      (r) =>
        r.tlogs[0].publicKey.validFor = {
          start: "2021-01-01T00:00:00Z",
          end: "2020-01-01T00:00:00Z",
        },
    ],
    ["too many logs", (r) => r.tlogs = Array(65).fill(r.tlogs[0])],
    ["logs that are no list", (r) => r.tlogs = {}],
  ] as [string, (root: Json) => void][]
) {
  test(`a root with ${name} is refused`, () => {
    assert.throws(() => load(change), refused);
  });
}

test("what is truncated or no root at all is refused", () => {
  const whole = bytesOf(sigstore.trustedRoot());
  for (const bytes of [whole.subarray(0, -5), new Uint8Array(), bytesOf([]), bytesOf(null)]) {
    assert.throws(() => loadTrustedRoot(bytes), refused);
  }
  assert.throws(() => loadTrustedRoot(new Uint8Array(MAX_TRUSTED_ROOT_BYTES + 1)), {
    ...refused,
    message: /expected at most/,
  });
});

test("a root comes from a regular file, by a link too, and from nothing without end", async () => {
  const dir = mkdtempSync(join(tmpdir(), "blobber-root-"));
  try {
    const file = join(dir, "root.json");
    writeFileSync(file, bytesOf(sigstore.trustedRoot()));
    const link = join(dir, "link.json");
    symlinkSync(file, link);
    assert.equal((await readTrustedRoot(file)).parts.logs.length, 2);
    assert.match((await readTrustedRoot(link)).source, /link\.json/);
    await assert.rejects(readTrustedRoot(join(dir, "missing.json")), refused);
    await assert.rejects(readTrustedRoot(dir), refused);
    await assert.rejects(readTrustedRoot("/dev/zero"), refused);
    writeFileSync(file, new Uint8Array(MAX_TRUSTED_ROOT_BYTES + 1));
    await assert.rejects(readTrustedRoot(file), refused);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
