/**
 * Receipts: what a pull leaves, what a check makes of it without a registry, and what one proves that was edited,
 * or is of something else.
 */

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { Client, LayoutStore, type Notice, type PullOptions } from "../mod.ts";
import { cosignTag } from "../lib/artifact/cosign_tags.ts";
import { MEDIA_TYPE } from "../lib/types.ts";
import { fileNeeds } from "./fakes/only_on.ts";
import { snapshot } from "./fakes/pulling.ts";
import { documentOf } from "./fakes/store_suite.ts";
import { tarOf } from "./fakes/tar.ts";
import { toy, ToyVerifier } from "./fakes/toy_signatures.ts";
import { edit, NO_FETCH, partOf, pulled, put, scratch, SIGNER } from "./fakes/receipts.ts";

fileNeeds("modes");

test("a receipt holds what a check needs, and neither asks a registry", () =>
  pulled(async ({ ref, receipt, dir, check }) => {
    const json = JSON.parse(readFileSync(receipt, "utf8"));
    assert.deepEqual([json.blobberReceipt, json.reference], [1, ref]);
    assert.equal(json.parts.length, 5); // manifest, config, signature, what it holds, table
    const table = partOf(json, "table");
    assert.ok(table.start > 2_000_000, "of the layer, only the table");
    assert.ok(statSync(receipt).size < 8_000);
    assert.equal(statSync(receipt).mode & 0o777, 0o644 & ~process.umask());
    for (const named of [undefined, ref, `${ref}@${json.root.digest}`]) {
      const result = await check(named);
      assert.deepEqual(
        [result.same, result.files, result.reference, result.fetched, result.digest],
        [true, 3, named ?? ref, 0, json.manifest],
      );
      assert.equal(result.verdict?.signer.kind, "other");
    }
    writeFileSync(join(dir, "x"), "y");
    const { same, differences, verdict } = await check();
    assert.deepEqual([same, differences.map(({ path }) => path)], [false, ["x"]]);
    assert.ok(verdict);
  }));

test("a pull with a receipt asks for little more than one without", () =>
  pulled(async ({ root, registry, ref, client }) => {
    const asked: string[][] = [];
    for (const receipt of [undefined, join(root, "other")]) {
      registry.clear();
      const verifier = new ToyVerifier();
      await client({ verifier }).pull(ref, join(root, `out-${receipt}`), { receipt });
      asked.push(registry.requests.map(({ method, url }) => `${method} ${url}`));
    }
    // The config, and what the signature holds: never a layer or its table.
    assert.equal(asked[1]!.length - asked[0]!.length, 2);
  }));

test("nothing proves a receipt but a signature, or a digest that the caller gives", () =>
  pulled(async ({ ref, receipt, check, client, dir }) => {
    const codes = async (ref?: string, options: Parameters<Client["check"]>[2] = {}) => {
      const notices: Notice[] = [];
      const onNotice = (notice: Notice) => void notices.push(notice);
      const { same, verdict } = await check(ref, { onNotice, ...options });
      assert.deepEqual([same, verdict], [true, undefined]);
      return notices.map(({ level, code }) => `${level} ${code}`);
    };
    const { root: { digest } } = JSON.parse(readFileSync(receipt, "utf8"));
    assert.deepEqual(await codes(), ["warning unverified-receipt"]);
    assert.deepEqual(await codes(ref), ["warning unverified-receipt"]);
    assert.deepEqual(await codes(`${ref}@${digest}`), []);
    assert.deepEqual(await codes(undefined, { expect: digest }), []);
    const wrong = `sha256:${"0".repeat(64)}` as const;
    await assert.rejects(check(undefined, { expect: wrong }), { code: "integrity" });
    // What was pulled without a signature has none in its receipt.
    const verifying = client({ verifier: new ToyVerifier(), fetch: NO_FETCH });
    await assert.rejects(verifying.check(dir, ref, { receipt }), { code: "no-signature" });
  }, { signed: false }));

test("a receipt is of what was named, or refused", () =>
  pulled(async ({ registry, ref, receipt, check, dir, client }) => {
    const conflict = { code: "conflict", message: /the receipt ".*" is of ".*", expected ".*"/ };
    const others = [
      `${registry.host}/acme/app`, // latest
      `${registry.host}/acme/app:v2`,
      `${registry.host}/acme/other:v1`,
      `ghcr.io/acme/app:v1`,
      `${ref}@sha256:${"0".repeat(64)}`,
      "oci:app:v1",
    ];
    for (const other of others) await assert.rejects(check(other), conflict, other);
    await assert.rejects(
      client().check(dir, { store: new LayoutStore(dir) }, { receipt }),
      { code: "invalid-option" },
    );
    await assert.rejects(client().check(dir), {
      code: "invalid-option",
      message: /expected a reference or a receipt/,
    });
    await assert.rejects(check(undefined, { receipt: `${receipt}.none` }), {
      code: "file-system",
      message: /cannot read the receipt/,
    });
    edit(receipt, (json) => json.reference = "not a reference");
    await assert.rejects(check(), { code: "invalid-receipt", message: /its reference is/ });
  }));

test("the name in a receipt is the name that a signature is asked about", () =>
  pulled(async ({ receipt, check }) => {
    const names: unknown[] = [];
    const verifier = new ToyVerifier();
    const verify = verifier.verify.bind(verifier);
    verifier.verify = (manifest, signature) => {
      names.push(manifest.name);
      return verify(manifest, signature);
    };
    edit(receipt, (json) => json.reference = "ghcr.io/other/thing:v7");
    await check(undefined, { verifier });
    assert.deepEqual(names, [{ repository: "ghcr.io/other/thing", tags: ["v7"] }]);
  }));

test("a repair by a receipt fetches from where the artifact is, and what it fetches is checked", () =>
  pulled(async ({ registry, receipt, ref, client, dir, check }) => {
    const whole = snapshot(dir);
    writeFileSync(join(dir, "x"), "y");
    rmSync(join(dir, "dir"), { recursive: true });
    const verifier = new ToyVerifier();
    registry.clear();
    const repaired = await client({ verifier }).check(dir, undefined, { receipt, repair: true });
    assert.deepEqual([repaired.same, repaired.repaired], [true, ["dir", "dir/hello.txt", "x"]]);
    assert.ok(repaired.fetched > 0 && repaired.fetched < 100_000, `${repaired.fetched}`);
    // By digests alone: what the tag names now is of no interest.
    assert.deepEqual(registry.requests.filter(({ url }) => url.includes("/manifests/")), []);
    assert.deepEqual(snapshot(dir), whole);
    writeFileSync(join(dir, "x"), "y");
    await assert.rejects(check(ref, { repair: true }), /was asked|network/);
    assert.equal(readFileSync(join(dir, "x"), "utf8"), "y");
  }));

test("a pull that cannot leave its receipt says so before it fetches", () =>
  pulled(async ({ root, registry, ref, receipt, client, dir }) => {
    const before = readFileSync(receipt);
    writeFileSync(join(root, "file"), "mine");
    const inside = { code: "invalid-option", message: /would lie in the destination/ };
    const other = { code: "conflict", message: /expected a receipt or nothing/ };
    const part = { code: "invalid-option", message: /only a part of the artifact/ };
    const runs: [dir: string, options: PullOptions, object][] = [
      [dir, { receipt: join(dir, "r"), overwrite: true }, inside],
      [dir, { receipt: join(dir, "dir/deep/r"), overwrite: true }, inside],
      [join(root, "new"), { receipt: join(root, "new/r") }, inside],
      [join(root, "new"), { receipt: join(root, "new") }, inside],
      [join(root, "new"), { receipt: join(root, "file") }, other],
      [join(root, "new"), { receipt: root }, other],
      [join(root, "new"), { receipt, include: ["x"] }, part],
      [join(root, "new"), { receipt, exclude: ["x"] }, part],
      [join(root, "new"), { receipt, stripComponents: 1 }, part],
      [join(root, "new"), { receipt, places: [{ from: "x", to: "x" }] }, part],
      [dir, { receipt, overwrite: true, dryRun: true }, { message: /nothing is pulled/ }],
    ];
    registry.clear();
    for (const [to, options, error] of runs) {
      await assert.rejects(client().pull(ref, to, options), error, JSON.stringify(options));
    }
    const sink = new WritableStream<Uint8Array>();
    await assert.rejects(client().pull(ref, sink, { to: "tar", receipt } as object as never), {
      message: /no receipt can be made of a tar/,
    });
    assert.deepEqual(registry.requests, []);
    assert.equal(existsSync(join(root, "new")), false);
    assert.equal(readFileSync(join(root, "file"), "utf8"), "mine");
    assert.deepEqual(readFileSync(receipt), before);
    // A pull that fails leaves the receipt of before; one that succeeds replaces it.
    writeFileSync(join(dir, "x"), "mine");
    await assert.rejects(client().pull(ref, dir, { receipt }), { code: "conflict" });
    assert.deepEqual(readFileSync(receipt), before);
    await client().pull(ref, dir, { receipt, overwrite: true });
    assert.notDeepEqual(readFileSync(receipt), before);
    assert.deepEqual(readdirSync(root).sort(), ["app.receipt", "file", "out", "source"]);
  }));

test("a receipt in the directory is nothing in excess for the check that reads it, and hides no entry", () =>
  pulled(async ({ receipt, client, dir }) => {
    const checked = async (path: string) => {
      const { differences } = await client({ verifier: new ToyVerifier(), fetch: NO_FETCH })
        .check(dir, undefined, { receipt: path });
      return differences.map(({ kind, path }) => `${kind} ${path}`);
    };
    const inside = join(dir, "dir/receipt");
    writeFileSync(inside, readFileSync(receipt));
    assert.deepEqual(await checked(inside), []);
    assert.deepEqual(await checked(receipt), ["extra dir/receipt"]);
    rmSync(inside);
    writeFileSync(join(dir, "x"), readFileSync(receipt));
    assert.deepEqual(await checked(join(dir, "x")), ["changed x"]);
  }));

test("no receipt is made of a layer without a table", async () => {
  const root = scratch();
  const path = join(root, "layout");
  const store = new LayoutStore(path);
  const layer = await put(
    store,
    new Uint8Array(gzipSync(tarOf({ name: "a", data: "a" }))),
    MEDIA_TYPE.layerGzip,
  );
  const config = await put(store, "{}", MEDIA_TYPE.empty);
  const [descriptor, bytes] = documentOf(MEDIA_TYPE.manifest, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.manifest,
    config,
    layers: [layer],
  });
  await store.put(descriptor, bytes);
  await store.tag("v1", descriptor);
  const client = new Client({ jobs: 0 });
  const [out, receipt] = [join(root, "out"), join(root, "r")];
  await assert.rejects(client.pull(`oci:${path}:v1`, out, { receipt }), {
    code: "invalid-option",
    message: /has no table of contents that can be read alone/,
  });
  assert.deepEqual([existsSync(out), existsSync(receipt)], [false, false]);
  await client.pull(`oci:${path}:v1`, out);
  const { same, whole } = await client.check(out, `oci:${path}:v1`);
  assert.deepEqual([same, whole], [true, [layer.digest]]);
  await client.close();
});

test("of an index the receipt has one manifest, by the platform that was pulled", async () => {
  const root = scratch();
  const path = join(root, "layout");
  const store = new LayoutStore(path);
  const client = new Client({ jobs: 0 });
  const platforms = ["amd64", "arm64"].map((architecture) => ({ os: "plan9", architecture }));
  const manifests = [];
  for (const platform of platforms) {
    const entries = [{
      path: "arch",
      type: "file" as const,
      content: new TextEncoder().encode(platform.architecture),
    }];
    const tag = platform.architecture;
    await client.push({ entries }, `oci:${path}:${tag}`, { platform });
    manifests.push({ ...await store.resolve(tag), platform });
  }
  const index = (manifests: object[]) =>
    documentOf(MEDIA_TYPE.index, { schemaVersion: 2, mediaType: MEDIA_TYPE.index, manifests });
  const [nested, nestedBytes] = index(manifests);
  await store.put(nested, nestedBytes);
  const [descriptor, bytes] = index([nested]);
  await store.put(descriptor, bytes);
  await store.tag("all", descriptor);
  const verifier = new ToyVerifier();
  await new Client({ jobs: 0, signer: SIGNER }).sign(`oci:${path}:all`);
  const [dir, receipt] = [join(root, "out"), join(root, "r")];
  const [amd, arm] = platforms;
  await client.pull(`oci:${path}:all`, dir, { receipt, verifier, platform: arm });
  rmSync(path, { recursive: true });
  const { same, digest, verdict } = await client.check(dir, undefined, {
    ...{ receipt, verifier, platform: arm },
  });
  assert.deepEqual([same, digest, verdict !== undefined], [true, manifests[1]!.digest, true]);
  await assert.rejects(client.check(dir, undefined, { receipt, verifier, platform: amd }), {
    code: "not-found",
    message: /does not hold sha256:/,
  });
  await assert.rejects(client.check(dir, undefined, { receipt, verifier }), {
    code: "not-found",
    message: /platform .* not found in index/,
  });
  await client.close();
});

test("a signature under cosign's tag is in the receipt, and found there again", async () => {
  const root = scratch();
  const path = join(root, "layout");
  const store = new LayoutStore(path);
  const client = new Client({ jobs: 0 });
  const entries = [{ path: "a", type: "file" as const, content: new Uint8Array(1) }];
  const { digest } = await client.push({ entries }, `oci:${path}:v1`);
  const type = "application/vnd.dev.cosign.simplesigning.v1+json";
  const verifier = new ToyVerifier();
  verifier.accepts = (mediaType) => mediaType === type;
  const held = toy({ mediaType: type, digest, size: 1 });
  const [config, layer] = [
    await put(store, "{}", MEDIA_TYPE.config),
    await put(store, new Uint8Array(held.bytes), type),
  ];
  const annotations = { "dev.cosignproject.cosign/signature": "c2ln" };
  const [signature, bytes] = documentOf(MEDIA_TYPE.manifest, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.manifest,
    config,
    layers: [{ ...layer, annotations }],
  });
  await store.put(signature, bytes);
  await store.tag(cosignTag(digest, "sig"), signature);
  const [dir, receipt] = [join(root, "out"), join(root, "r")];
  await client.pull(`oci:${path}:v1`, dir, { receipt, verifier });
  rmSync(path, { recursive: true });
  const { same, verdict } = await client.check(dir, undefined, { receipt, verifier });
  assert.deepEqual([same, verdict !== undefined], [true, true]);
  edit(receipt, (json) => json.tags = {});
  await assert.rejects(client.check(dir, undefined, { receipt, verifier }), {
    code: "no-signature",
  });
  await client.close();
});
