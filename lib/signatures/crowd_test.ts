import assert from "node:assert/strict";
import { test } from "node:test";
import { signable } from "../../tests/fakes/bundles.ts";
import {
  badOnes,
  BusyVerifier,
  ChoosyVerifier,
  CrowdSource,
  goodOne,
  plantReferrers,
  type Referrer,
  referrerOf,
} from "../../tests/fakes/crowd.ts";
import { bench, plantManifest } from "../../tests/fakes/registry/registry_bench.ts";
import { documentOf } from "../../tests/fakes/store_suite.ts";
import { toy, ToyVerifier } from "../../tests/fakes/toy_signatures.ts";
import { resolveArtifact } from "../verbs/resolve.ts";
import { BlobberError } from "../errors.ts";
import { fallbackTag } from "../artifact/fallback_tag.ts";
import {
  MAX_LARGE_VERIFICATION_BYTES,
  MAX_REFERRERS,
  MAX_SEARCH_MS,
  MAX_SIGNATURE_BYTES,
} from "../limits.ts";
import { readDocument } from "../artifact/manifest.ts";
import type { Signable, Verifier } from "../signing.ts";
import type { JudgeOptions } from "./find_signatures.ts";
import { verifySignatures } from "../../tests/fakes/verify_signatures.ts";
import type { Source } from "../store.ts";
import { type Descriptor, MEDIA_TYPE } from "../types.ts";

const manifest: Signable = signable('{"crowd":1}');
const subject: Descriptor = manifest;
const TYPES = ["application/spdx+json", "application/vnd.in-toto+json", "application/vnd.example"];

/** Referrers that are no signatures, of several types. */
const notes = (of: Descriptor, count: number): Referrer[] =>
  Array.from({ length: count }, (_, i) =>
    referrerOf(of, {
      type: TYPES[i % TYPES.length]!,
      signature: { mediaType: TYPES[i % TYPES.length]!, bytes: new TextEncoder().encode(`${i}`) },
    }));
/** The referrers with one more among them. */
const withOne = (list: Referrer[], one: Referrer, at: number) => [
  ...list.slice(0, at),
  one,
  ...list.slice(at),
];

async function refused(
  source: Source,
  verifier: Verifier = new ToyVerifier(),
  options: JudgeOptions = {},
): Promise<BlobberError> {
  try {
    await verifySignatures(source, manifest, verifier, options);
  } catch (error) {
    if (error instanceof BlobberError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

test("ten-thousand-referrers: 10,001 of other types beside a good signature, in a registry", async () => {
  const { registry, open } = await bench({ pageSize: 5000 });
  const root = plantManifest(registry, { tag: "v1" });
  const document = await readDocument(open(), root);
  const good = goodOne(root);
  for (const at of [0, 5000, 10_001]) {
    registry.repository("a/b").manifests.clear();
    plantReferrers(registry, withOne(notes(root, 10_001), good, at));
    registry.clear();
    const found = await verifySignatures(
      open(),
      { ...root, bytes: document.bytes },
      new ToyVerifier(),
    );
    assert.equal(found.descriptor.digest, good.listed.digest);
    assert.deepEqual([found.looked, found.total], [1, 1]);
    const listing = registry.requests.filter(({ url }) => url.includes("/referrers/")).length;
    assert.deepEqual([listing, registry.requests.length], [3, 5]);
  }
});

test("ten-thousand-referrers: through the fallback tag, and through both at once", async () => {
  for (const api of [false, true]) {
    const { registry, store } = await bench({ referrers: api, pageSize: 5000 });
    const root = plantManifest(registry, { tag: "v1" });
    const { bytes } = await readDocument(store, root);
    const good = goodOne(root);
    const crowd = notes(root, 10_001);
    plantReferrers(registry, api ? crowd : []);
    const repository = registry.repository("a/b");
    const [index, list] = documentOf(MEDIA_TYPE.index, {
      schemaVersion: 2,
      mediaType: MEDIA_TYPE.index,
      manifests: withOne(crowd, good, 7000).map(({ listed }) => listed),
    });
    plantReferrers(registry, [{ ...good }]);
    // The API does not know of it, as when it was pushed before the registry had one.
    const inApi = repository.manifests.get(good.listed.digest)!;
    registry.onRequest = ({ path }) => {
      if (path.includes("/referrers/")) repository.manifests.delete(good.listed.digest);
      else repository.manifests.set(good.listed.digest, inApi);
    };
    repository.manifests.set(index.digest, { mediaType: index.mediaType, bytes: list });
    repository.tags.set(fallbackTag(root.digest), index.digest);
    const found = await verifySignatures(store, { ...root, bytes }, new ToyVerifier());
    assert.equal(found.descriptor.digest, good.listed.digest);
    assert.equal(found.rejected.length, 0);
  }
});

test("ten-thousand-referrers: what says that it is something else is no limit, and no signature", async () => {
  const source = new CrowdSource(notes(subject, 10_001));
  const error = await refused(source);
  assert.equal(error.code, "no-signature");
  assert.ok(source.fetched <= 64, `${source.fetched} read`);
});

for (const position of [0, 1500, 3000]) {
  test(`good-among-bad: 3,000 broken signatures and a good one at ${position}`, async () => {
    const source = new CrowdSource(withOne(badOnes(subject, 3000), goodOne(subject), position));
    const found = await verifySignatures(source, manifest, new ToyVerifier());
    assert.equal(found.verdict.signer.kind === "other" && found.verdict.signer.description, "good");
    assert.equal(found.total, 3001);
    assert.ok(source.fetched <= 2 * 3001, `${source.fetched} read`);
    if (position !== 1500) assert.ok(found.looked <= 16, `${found.looked} looked at`);
  });
}

test("good-among-bad: in a registry, and only what could satisfy is verified", async () => {
  const { registry, store } = await bench({ pageSize: 4000 });
  const root = plantManifest(registry, { tag: "v1" });
  const { bytes } = await readDocument(store, root);
  const good = goodOne(root);
  plantReferrers(registry, withOne(badOnes(root, 600), good, 300));
  registry.clear();
  const verifier = new ChoosyVerifier();
  const found = await verifySignatures(store, { ...root, bytes }, verifier);
  assert.equal(found.descriptor.digest, good.listed.digest);
  assert.deepEqual(verifier.seen, ["good"]);
  assert.ok(registry.requests.length <= 1 + 2 * 601, `${registry.requests.length} requests`);
});

test("good-among-bad: who may fit comes first, and the others are verified all the same", async () => {
  const verifier = new ChoosyVerifier();
  // By its looks it does not fit, and it is good.
  const shy = referrerOf(subject, {
    signature: {
      ...toy(subject),
      bytes: new TextEncoder().encode(
        JSON.stringify({ of: subject.digest, answer: "good", note: "shy" }).replace(
          "good",
          "\\u0067ood",
        ),
      ),
    },
  });
  const source = new CrowdSource(withOne(badOnes(subject, 100), shy, 50));
  const found = await verifySignatures(source, manifest, verifier);
  assert.equal(found.descriptor.digest, shy.listed.digest);
});

test("good-among-bad: when not all were looked at, the outcome is the limit, whatever was found", async () => {
  const crowd = badOnes(subject, MAX_REFERRERS + 1000);
  const source = new CrowdSource(crowd);
  const error = await refused(source, new ChoosyVerifier());
  assert.deepEqual([error.code, error.exitStatus], ["limit", 9]);
  assert.match(error.message, /looked at 5000 of 6000 referrers/);
  assert.equal(source.fetched, 2 * MAX_REFERRERS);
  assert.ok(error.cause instanceof AggregateError);
  const all = await refused(new CrowdSource(crowd.slice(0, 1000)));
  assert.equal(all.code, "identity-mismatch");
});

test("good-among-bad: more than may be listed is a limit too", async () => {
  const source = new CrowdSource(badOnes(subject, 3));
  source.referrers = async function* () {
    yield* badOnes(subject, 3).map(({ listed }) => listed);
    throw new BlobberError("limit", "a page too many");
  };
  const error = await refused(source);
  assert.equal(error.code, "limit");
  assert.match(error.message, /looked at 3 of more than 3 referrers/);
});

test("good-among-bad: forged dates push no good one behind the bound", async () => {
  const year = (i: number) => `${i % 2 === 0 ? 1990 : 2090}-01-01T00:00:0${i % 10}Z`;
  const bad = badOnes(subject, MAX_REFERRERS + 2000, year);
  // At an end of the list, with a date in the middle; and in the middle of it, with a date at an end.
  for (
    const [good, at] of [
      [goodOne(subject, "2026-01-01T00:00:00Z"), bad.length],
      [goodOne(subject, "2026-01-01T00:00:00Z"), 3],
      [goodOne(subject, "1980-01-01T00:00:00Z"), bad.length >> 1],
      [goodOne(subject, "2099-01-01T00:00:00Z"), bad.length >> 1],
      [goodOne(subject), bad.length - 1000],
    ] as const
  ) {
    const found = await verifySignatures(
      new CrowdSource(withOne(bad, good, at)),
      manifest,
      new ToyVerifier(),
    );
    assert.equal(found.descriptor.digest, good.listed.digest);
  }
});

test("good-among-bad: large ones use up an allowance of their own", async () => {
  const count = MAX_LARGE_VERIFICATION_BYTES / MAX_SIGNATURE_BYTES + 20;
  const large = Array.from({ length: count }, (_, i) => {
    const bytes = new Uint8Array(MAX_SIGNATURE_BYTES).fill(32);
    bytes.set(toy(subject, "signature-invalid", `${i}`).bytes);
    return referrerOf(subject, { signature: { ...toy(subject), bytes } });
  });
  const good = goodOne(subject);
  const found = await verifySignatures(
    new CrowdSource(withOne(large, good, count >> 1)),
    manifest,
    new ToyVerifier(),
  );
  assert.equal(found.descriptor.digest, good.listed.digest);
  const error = await refused(new CrowdSource(large));
  assert.equal(error.code, "limit");
  assert.match(error.message, new RegExp(`looked at ${count - 20} of ${count}`));
});

test("good-among-bad: a crowd in the one place leaves the other its share", async () => {
  const good = goodOne(subject);
  const bad = badOnes(subject, MAX_REFERRERS + 10);
  const found = await verifySignatures(
    new CrowdSource(bad, [good]),
    manifest,
    new ToyVerifier(),
  );
  assert.equal(found.descriptor.digest, good.listed.digest);
});

test("good-among-bad: the time of a search is bounded", async () => {
  let time = 1000;
  const verifier = new BusyVerifier(() => time += MAX_SEARCH_MS / 100);
  const error = await refused(new CrowdSource(badOnes(subject, 1000)), verifier, {
    now: () => time,
  });
  assert.equal(error.code, "limit");
  assert.match(error.message, /looked at 1\d\d of 1000 referrers/);
});

test("good-among-bad: the caller's signal is heard between two signatures", async () => {
  const stop = new AbortController();
  const verifier = new BusyVerifier((count) => count === 2 && stop.abort(new Error("stop")));
  const source = new CrowdSource(badOnes(subject, 1000));
  await assert.rejects(
    verifySignatures(source, manifest, verifier, { signal: stop.signal }),
    { code: "interrupted", cause: new Error("stop") },
  );
  assert.equal(verifier.seen.length, 3);
});

test("good-among-bad: a page that fails leaves what was listed before it", async () => {
  const good = goodOne(subject);
  const source = new CrowdSource([good]);
  const fails = (list: Referrer[]) =>
    async function* () {
      yield* list.map(({ listed }) => listed);
      throw new BlobberError("registry", "page 2 is broken");
    };
  source.referrers = fails([good]);
  await verifySignatures(source, manifest, new ToyVerifier());
  source.referrers = fails(badOnes(subject, 2));
  const error = await refused(source);
  assert.deepEqual([error.code, error.exitStatus], ["registry", 11]);
});

test("good-among-bad: an index and its manifest are judged together", async () => {
  const { registry, store } = await bench();
  const child = plantManifest(registry);
  const index = plantManifest(registry, {
    tag: "v1",
    mediaType: MEDIA_TYPE.index,
    value: {
      config: undefined,
      layers: undefined,
      manifests: [{ ...child, platform: { os: "linux", architecture: "amd64" } }],
    },
  });
  const options = {
    platform: { os: "linux", architecture: "amd64" },
    verifier: new ToyVerifier(),
  };
  plantReferrers(registry, [...badOnes(index, 200), ...badOnes(child, 300)]);
  await assert.rejects(resolveArtifact(store, "v1", options), { code: "identity-mismatch" });
  plantReferrers(registry, [goodOne(child)]);
  const { proofs } = await resolveArtifact(store, "v1", options);
  assert.equal(proofs[0]!.signed, "manifest");
  // One that is not looked at leaves the whole open, whichever of the two it is on.
  registry.repository("a/b").manifests.delete(goodOne(child).listed.digest);
  const huge = referrerOf(index, {});
  const claimed = JSON.parse(new TextDecoder().decode(huge.manifest));
  claimed.layers[0].size = MAX_SIGNATURE_BYTES + 1;
  const [listed, bytes] = documentOf(MEDIA_TYPE.manifest, claimed);
  plantReferrers(registry, [{ ...huge, listed, manifest: bytes }]);
  await assert.rejects(resolveArtifact(store, "v1", options), (error: BlobberError) => {
    assert.equal(error.code, "limit");
    assert.match(error.message, /looked at 500 of 501 referrers/);
    return true;
  });
});
