import assert from "node:assert/strict";
import { test } from "node:test";
import { bench, plantManifest } from "../../../tests/fakes/registry/registry_bench.ts";
import { failure, type FakeRequest } from "../../../tests/fakes/registry/fake_registry.ts";

const isTagPut = ({ method, path }: FakeRequest) => method === "PUT" && path.endsWith("/v1");
const isHead = ({ method }: FakeRequest) => method === "HEAD";

/** As registries say it, with the status that each of them takes. */
const refusals: [number, string, string][] = [
  [400, "TAG_INVALID", "The image tag 'v1' already exists and cannot be overwritten: immutable"],
  [403, "DENIED", "tag v1 is protected and cannot be overwritten"],
  [405, "UNSUPPORTED", "the tag is locked"],
  [409, "CONFLICT", "tag exists"],
  [412, "PRECONDITION", "configured as immutable, cannot be updated"],
  [422, "MANIFEST_INVALID", "tag is immutable"],
];

for (const [status, code, message] of refusals) {
  const refuse = (request: FakeRequest) =>
    isTagPut(request) ? { answer: failure(status, code, message) } : undefined;

  test(`immutable-tag: ${status} for the digest that it holds: nothing moves, and it is done`, async () => {
    const { registry, store } = await bench();
    const held = plantManifest(registry, { tag: "v1" });
    registry.onRequest = refuse;
    await store.tag("v1", held);
    assert.equal(registry.repository("a/b").tags.get("v1"), held.digest);
  });

  test(`immutable-tag: ${status} for another digest is a conflict that says so`, async () => {
    const { registry, store } = await bench();
    const held = plantManifest(registry, { tag: "v1" });
    const other = plantManifest(registry, { value: { annotations: { other: "one" } } });
    registry.onRequest = refuse;
    await assert.rejects(store.tag("v1", other), (error: Error & { code?: string }) => {
      assert.equal(error.code, "conflict", error.message);
      assert.match(error.message, /"v1".*immutable.*sha256:/);
      assert.ok(error.message.includes(held.digest));
      return true;
    });
  });
}

test("immutable-tag: where HEAD is refused too, the tag is read", async () => {
  const { registry, store } = await bench();
  const held = plantManifest(registry, { tag: "v1" });
  registry.onRequest = (request) =>
    isHead(request)
      ? { answer: { status: 405 } }
      : isTagPut(request)
      ? { answer: failure(400, "TAG_INVALID", "immutable") }
      : undefined;
  await store.tag("v1", held);
});

test("immutable-tag: a refusal for another reason stays what it is", async () => {
  const { registry, store } = await bench();
  const first = plantManifest(registry, { tag: "v1" });
  const other = plantManifest(registry, { value: { annotations: { other: "one" } } });
  for (
    const [tag, status, code] of [
      ["v1", 403, "denied"],
      ["v1", 400, "registry"],
      ["v2", 409, "registry"],
      ["v1", 500, "registry"],
    ] as const
  ) {
    registry.onRequest = ({ method }) =>
      method === "PUT" ? { answer: failure(status, "NO", "no such luck") } : undefined;
    await assert.rejects(store.tag(tag, other), { code }, `${tag} ${status}`);
  }
  assert.equal(registry.repository("a/b").tags.get("v1"), first.digest);
});

test("immutable-tag: ifAbsent with the same digest sets nothing again", async () => {
  const { registry, store } = await bench();
  const held = plantManifest(registry, { tag: "v1" });
  await store.tag("v1", held, { ifAbsent: true });
  assert.deepEqual(registry.log(), ["HEAD /v2/a/b/manifests/v1 200"]);
});
