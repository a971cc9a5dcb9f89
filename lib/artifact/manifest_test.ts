import assert from "node:assert/strict";
import { test } from "node:test";
import { digestOf } from "../digest.ts";
import { parseDescriptor, parseDocument, statedType } from "./manifest.ts";
import { documentOf } from "../../tests/fakes/store_suite.ts";
import { type Descriptor, type Index, type Manifest, MEDIA_TYPE } from "../types.ts";

const blob: Descriptor = { mediaType: "application/x", digest: digestOf("x"), size: 1 };
const parse = (mediaType: string, value: object) => {
  const [descriptor, bytes] = documentOf(mediaType, value);
  return parseDocument(descriptor, bytes).value;
};

for (const nothing of [null, ""]) {
  const written = JSON.stringify(nothing);

  test(`null-fields: ${written} in an optional field of a descriptor is the same as absent`, () => {
    const names = ["annotations", "artifactType", "platform", "data", "urls"];
    const fields = Object.fromEntries(names.map((name) => [name, nothing]));
    assert.deepEqual(parseDescriptor({ ...blob, ...fields }, "one"), blob);
    const platform = { os: "linux", architecture: "arm64" };
    assert.deepEqual(
      parseDescriptor({
        ...blob,
        platform: { ...platform, variant: nothing, "os.version": nothing },
      }, "one"),
      { ...blob, platform },
    );
  });

  test(`null-fields: ${written} in an optional field of a manifest or index is the same as absent`, () => {
    const names = ["mediaType", "artifactType", "subject", "annotations"];
    const fields = Object.fromEntries(names.map((name) => [name, nothing]));
    const manifest = { schemaVersion: 2, config: blob, layers: [blob] };
    assert.deepEqual(
      parse(MEDIA_TYPE.manifest, { ...manifest, ...fields, manifests: nothing }),
      manifest,
    );
    const index = { schemaVersion: 2, manifests: [blob] };
    const others = { layers: nothing, config: nothing };
    assert.deepEqual(parse(MEDIA_TYPE.index, { ...index, ...fields, ...others }), index);
  });
}

test("null-fields: a list that is null is empty", () => {
  const index = parse(MEDIA_TYPE.index, { schemaVersion: 2, manifests: null }) as Index;
  assert.deepEqual(index.manifests, []);
  const value = { schemaVersion: 2, config: blob, layers: null };
  assert.deepEqual((parse(MEDIA_TYPE.manifest, value) as Manifest).layers, []);
});

test("null-fields: what must be there is missed all the same", () => {
  const refused: [string, object][] = [
    [MEDIA_TYPE.manifest, { schemaVersion: 2, config: null, layers: [blob] }],
    [MEDIA_TYPE.manifest, { schemaVersion: 2, config: blob }],
    [MEDIA_TYPE.manifest, { schemaVersion: null, config: blob, layers: [] }],
    [MEDIA_TYPE.manifest, { schemaVersion: 2, config: blob, layers: [null] }],
    [MEDIA_TYPE.index, { schemaVersion: 2 }],
    [MEDIA_TYPE.index, { schemaVersion: 2, manifests: "" }],
  ];
  for (const [type, value] of refused) {
    assert.throws(() => parse(type, value), { code: "invalid-manifest" }, JSON.stringify(value));
  }
  for (const field of ["mediaType", "digest", "size"]) {
    assert.throws(() => parseDescriptor({ ...blob, [field]: null }, "one"), field);
  }
});

test("CVE-2021-41190: no null and no empty list lets one document be two", () => {
  for (const [manifests, layers] of [[[], [blob]], [[blob], []], [[], []]]) {
    const value = { schemaVersion: 2, config: blob, manifests, layers };
    for (const type of [MEDIA_TYPE.manifest, MEDIA_TYPE.index]) {
      assert.throws(() => parse(type, value), { code: "invalid-manifest" });
    }
  }
});

test("foreign-urls: a descriptor keeps them, and they must be text", () => {
  const urls = ["https://example.com/layer"];
  assert.deepEqual(parseDescriptor({ ...blob, urls }, "one"), { ...blob, urls });
  for (const wrong of ["https://example.com", [1], [null], {}]) {
    assert.throws(() => parseDescriptor({ ...blob, urls: wrong }, "one"), {
      code: "invalid-manifest",
    });
  }
});

test("content-type: a document says its type, or shows it by what it consists of", () => {
  const typeOf = (value: unknown) => statedType(new TextEncoder().encode(JSON.stringify(value)));
  assert.equal(typeOf({ mediaType: "a/b", manifests: [] }), "a/b");
  assert.equal(typeOf({ mediaType: null, manifests: [] }), MEDIA_TYPE.index);
  assert.equal(typeOf({ config: blob }), MEDIA_TYPE.manifest);
  for (const none of [{}, [], null, 5, { mediaType: 5 }]) assert.equal(typeOf(none), undefined);
  assert.equal(statedType(new TextEncoder().encode("<html>")), undefined);
});
