/**
 * Every call of a client and of an image, with options of every kind, as a program under strict types writes
 * them: options that are not known yet are `undefined`, and results are taken apart without a cast.
 *
 * @module
 */

import assert from "node:assert/strict";
import { generateKeyPairSync, sign, verify } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ANNOTATION,
  BlobberError,
  type CacheInfo,
  cacheInfo,
  clearCache,
  Client,
  type ClientOptions,
  type Code,
  CODES,
  type CopyOptions,
  type Credentials,
  type Descriptor,
  type Diff,
  type DiffOptions,
  type Digest,
  type Entry,
  formatReference,
  type Found,
  type Image,
  type InputEntry,
  type InspectOptions,
  isBlobberError,
  isDigest,
  isTag,
  LayoutStore,
  type ListResult,
  MEDIA_TYPE,
  MemoryStore,
  type Notice,
  type OpenedFile,
  type OpenOptions,
  parseReference,
  type Place,
  type Progress,
  pruneCache,
  type PullOptions,
  type PushOptions,
  type PushResult,
  type RawResult,
  type Reference,
  type Removal,
  selectorOf,
  type Signable,
  type Signature,
  type Signer,
  type Store,
  tagOf,
  type TreeNode,
  type TreeResult,
  type Verdict,
  type Verifier,
  type VerifyResult,
} from "@blobber/core";
import { MAX_THREADS } from "@blobber/core/limits";
import { createSigner, type SignerOptions } from "@blobber/sigstore";
import { claimReader, createVerifier, type Policy } from "@blobber/sigstore/verify";

const SIGNATURE_TYPE = "application/vnd.example.signature";
const { privateKey, publicKey } = generateKeyPairSync("ed25519");

const signer: Signer = {
  sign: (manifest: Signable): Promise<Signature> => {
    const bytes = new Uint8Array(sign(null, manifest.bytes, privateKey));
    return Promise.resolve({ mediaType: SIGNATURE_TYPE, bytes, annotations: { by: "me" } });
  },
};

const verifier: Verifier = {
  title: "the one key",
  accepts: (mediaType: string): boolean => mediaType === SIGNATURE_TYPE,
  verify: (manifest: Signable, signature: Signature): Promise<Verdict> => {
    if (!verify(null, manifest.bytes, publicKey, signature.bytes)) {
      throw new BlobberError("signature-invalid", "the signature does not fit");
    }
    return Promise.resolve({
      signer: { kind: "other", description: "me" },
      checks: [{ name: "signature", result: "passed", evidence: "Ed25519" }],
    });
  },
};

/** What a program of an own makes of a verdict: every kind of signer has its own fields. */
function who({ signer }: Verdict): string {
  if (signer.kind === "certificate") return `${signer.issuer} ${signer.subject}`;
  return signer.kind === "key" ? signer.fingerprint : signer.description;
}

async function bytesOf(content: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  const reader = content.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    text += decoder.decode(part.value, { stream: true });
  }
  return text + decoder.decode();
}

function* some(): Generator<InputEntry> {
  yield { path: "made.txt", type: "file", content: new TextEncoder().encode("made\n") };
  yield { path: "link", type: "symlink", linkTarget: "made.txt" };
}

const root = mkdtempSync(join(tmpdir(), "library-"));
const notices: Notice[] = [];
const progress: Progress[] = [];
const memory = new MemoryStore("mine");
const options: ClientOptions = {
  credentials: (host, repository): Promise<Credentials | undefined> => {
    assert.equal(typeof `${host}/${repository}`, "string");
    return Promise.resolve(undefined);
  },
  open: (reference: Reference): Store | undefined => {
    return reference.kind === "registry" && reference.host === "mine.test" ? memory : undefined;
  },
  onNotice: (notice) => void notices.push(notice),
  onRequest: ({ method, url }) => ({ status, bytes }) => void `${method} ${url} ${status} ${bytes}`,
  cacheDir: join(root, "cache"),
  cacheTtl: 1000,
  jobs: Math.min(2, MAX_THREADS),
  maxConnections: 4,
  referrers: "auto",
  userAgent: undefined,
  insecure: undefined,
  caCerts: undefined,
  registries: { "registry.test": { insecure: true, caCerts: [] } },
  signer: undefined,
  verifier: undefined,
  allowSharedDirectories: undefined,
};
const client = new Client(options);
try {
  const tree = join(root, "tree");
  mkdirSync(join(tree, "docs"), { recursive: true });
  writeFileSync(join(tree, "docs/a.txt"), "0123456789");
  symlinkSync("docs/a.txt", join(tree, "latest"));

  // Push, from each kind of input, into each kind of store.
  const pushing: PushOptions = {
    compression: "zstd",
    tags: ["stable"],
    ifAbsent: false,
    annotations: { "org.example.build": "17" },
    platform: { architecture: "amd64", os: "linux" },
    keepMtime: undefined,
    mtime: 0,
    refuse: [],
    allowSecrets: undefined,
    maxEntries: undefined,
    signer,
    signal: undefined,
    onProgress: (step) => void progress.push(step),
    onNotice: undefined,
  };
  const layout = `oci:${join(root, "layout")}:v1`;
  const pushed: PushResult = await client.push({ directory: tree }, layout, pushing);
  assert.ok(isDigest(pushed.digest) && isDigest(pushed.signature ?? ""));
  assert.deepEqual(pushed.tags.toSorted(), ["stable", "v1"]);
  assert.equal(pushed.mediaType, MEDIA_TYPE.manifest);
  assert.ok(progress.length > 0);
  const { layer: { digest: layerDigest, diffId, size, entries: pushedEntries } } = pushed;
  assert.ok(layerDigest !== diffId && size > 0 && pushedEntries === 3);
  const dry = await client.digest({ directory: tree }, {
    compression: "zstd",
    annotations: { "org.example.build": "17" },
  });
  assert.equal(dry.layer.digest, pushed.layer.digest);
  assert.equal((await client.treeDigest({ directory: tree })).tree, pushed.tree);
  const comparing: DiffOptions = { special: "skip", after: { expect: pushed.digest } };
  const diff: Diff = await client.diff({ directory: tree }, layout, comparing);
  assert.deepEqual([diff.same, diff.changes, diff.after.digest], [true, [], pushed.digest]);
  await diff.close();
  const made = await client.push({ entries: some() }, "mine.test/app:v1");
  const mine: Reference = parseReference("mine.test/app:v1");
  const found: Descriptor = await client.resolve(mine);
  assert.equal(found.digest, made.digest);
  assert.equal(tagOf(mine), "v1");
  assert.equal(selectorOf(mine), "v1");
  assert.equal(formatReference(mine), "mine.test/app:v1");
  assert.ok(isTag("v1") && !isTag("-"));
  assert.equal(memory, await client.store(mine));

  // Pull.
  const out = join(root, "out");
  const pulling: PullOptions = {
    verifier,
    expect: pushed.digest,
    overwrite: undefined,
    links: "refuse",
    special: "skip",
    maxBytes: 1e9,
    maxEntries: undefined,
    maxFileBytes: undefined,
    platform: undefined,
  };
  const pulled = await client.pull(layout, out, pulling);
  assert.equal(pulled.digest, pushed.digest);
  assert.equal(pulled.entries, 3);
  assert.equal(pulled.verdict && who(pulled.verdict), "me");
  assert.equal(readFileSync(join(out, "latest"), "utf8"), "0123456789");
  const place: Place = { from: "docs", to: "texts" };
  await client.pull(layout, out, { verifier, places: [place] });
  assert.equal(readFileSync(join(out, "texts/a.txt"), "utf8"), "0123456789");

  // Read parts.
  const opening: OpenOptions = { verifier: [verifier], maxEntries: 1000 };
  const image: Image = await client.openImage(layout, opening);
  try {
    const entries: Entry[] = await image.entries();
    const paths: string[] = await image.paths();
    assert.deepEqual(paths, ["docs", "docs/a.txt", "latest"]);
    assert.equal(entries[1]?.size, 10);
    assert.equal((await image.stat("latest", { follow: true })).type, "file");
    assert.equal(await bytesOf(await image.open("docs/a.txt")), "0123456789");
    const part = await image.open("docs/a.txt", { start: 2, end: 5, signal: undefined });
    assert.equal(await bytesOf(part), "234");
    assert.equal(new TextDecoder().decode(await image.read("docs/a.txt", { start: 8 })), "89");
    const below: string[] = [];
    for await (const { path } of image.walk("docs")) below.push(path);
    assert.ok(below.includes("docs/a.txt"));
    const matched: string[] = [];
    for await (const entry of image.glob(["**/*.txt", "docs"])) matched.push(entry.path);
    assert.deepEqual(matched, ["docs", "docs/a.txt"]);
    const found: Found = await image.find("latest", { signal: undefined });
    assert.deepEqual([found.exact, found.entries[0]?.entry.type], [true, "symlink"]);
    for await (const file of image.files(["latest", "docs/*"])) {
      const { path, entry, stream }: OpenedFile = file;
      assert.deepEqual([path !== "", entry.size, await bytesOf(stream)], [true, 10, "0123456789"]);
    }
    assert.equal(image.manifest.layers[0]?.digest, pushed.layer.digest);
    assert.equal(image.manifest.annotations?.[ANNOTATION.treeDigest], pushed.tree);
    assert.equal(image.descriptor.digest, pushed.digest);
    assert.equal(image.verdict && who(image.verdict), "me");
  } finally {
    await image.close();
  }
  const listed: ListResult = await client.list(layout);
  assert.equal(listed.digest, pushed.digest);

  // Copy, sign, verify, tag.
  const copying: CopyOptions = { tags: ["copy"], referrers: true, verifier };
  const copied = await client.copy(layout, "mine.test/app:v2", copying);
  assert.equal(copied.digest, pushed.digest);
  assert.ok(copied.blobs.copied + copied.blobs.mounted + copied.blobs.present > 0);
  assert.equal(
    (await client.sign("mine.test/app:v1", { signer, expect: made.digest })).added,
    true,
  );
  const verified: VerifyResult = await client.verify("mine.test/app:v1", { verifier, whole: true });
  const proven: Digest = verified.descriptor.digest;
  assert.equal(proven, made.digest);
  assert.deepEqual(verified.proofs.map(({ verdict }) => who(verdict)), ["me"]);
  const describing: InspectOptions = { verifier, tags: true, platform: undefined };
  const described = await client.inspect("mine.test/app:v1", describing);
  assert.deepEqual(described.verdicts.map(who), ["me"]);
  assert.deepEqual([described.kind, described.files?.files !== undefined], ["manifest", true]);
  const { root: top }: TreeResult = await client.tree("mine.test/app:v1", { claims: claimReader });
  assert.ok(top.referrers.some(({ digest }: TreeNode) => digest === verified.signature.digest));
  const { bytes }: RawResult = await client.raw("mine.test/app:v1", "manifest", { verifier });
  assert.equal(JSON.parse(new TextDecoder().decode(bytes)).layers.length, described.layers.length);
  await client.tag(`mine.test/app@${proven}`, ["proven"], { ifAbsent: true });
  const tags: string[] = [];
  for await (const tag of client.listTags("mine.test/app")) tags.push(tag);
  assert.ok(tags.includes("proven") && tags.includes("copy"));
  assert.deepEqual((await client.tags("mine.test/app", { all: true })).toSorted(), tags.toSorted());
  const { goes, stays }: Removal = await client.remove("mine.test/app:proven", { dryRun: true });
  assert.deepEqual([goes.length, stays.length], [1, 1]);
  const own = new LayoutStore(join(root, "layout"));
  const inOwn: string[] = [];
  for await (const tag of own.tags()) inOwn.push(tag);
  assert.deepEqual(inOwn.toSorted(), ["stable", "v1"]);

  // Errors are told apart by code.
  await assert.rejects(client.pull("mine.test/app:none", join(root, "none")), (error) => {
    assert.ok(isBlobberError(error, "not-found"));
    const code: Code = error.code;
    assert.ok(Object.keys(CODES).includes(code));
    assert.equal(error.exitStatus, 4);
    assert.equal(JSON.parse(JSON.stringify(error)).code, "not-found");
    return true;
  });
  assert.ok(!existsSync(join(root, "none")));
  const stopped = AbortSignal.abort(new Error("enough"));
  await assert.rejects(client.resolve(mine, { signal: stopped }), { code: "interrupted" });

  // The cache.
  const info: CacheInfo = cacheInfo(join(root, "cache"));
  assert.equal(typeof info, "object");
  pruneCache(join(root, "cache"), { maxSize: 0, maxAge: undefined });
  clearCache(join(root, "cache"));

  // Sigstore's signers and verifiers are the core's.
  const signing: SignerOptions = {
    key: { pem: privateKey.export({ type: "pkcs8", format: "pem" }).toString() },
    rekorUrl: undefined,
  };
  const theirs: Signer = await createSigner(signing);
  const signed = await client.sign("mine.test/app:v1", { signer: theirs });
  assert.ok(signed.added);
  const policy: Policy = {
    signers: [{ key: publicKey.export({ type: "spki", format: "pem" }).toString(), name: "mine" }],
    nameBinding: "reference",
  };
  const trusting: Verifier = await createVerifier(policy);
  const { signature, rejected } = await client.verify("mine.test/app:v1", { verifier: trusting });
  assert.equal(signature.digest, signed.signature);
  assert.ok(Array.isArray(rejected));
  assert.deepEqual(notices.filter(({ level }) => level === "warning"), []);
} finally {
  await client.close();
  rmSync(root, { recursive: true });
}
