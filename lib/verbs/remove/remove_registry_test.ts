import assert from "node:assert/strict";
import { test } from "node:test";
import { bench } from "../../../tests/fakes/registry/registry_bench.ts";
import type { FakeRegistryOptions } from "../../../tests/fakes/registry/registry_types.ts";
import { type Rich, rich } from "../../../tests/fakes/rich_artifact.ts";
import { cosignTag } from "../../artifact/cosign_tags.ts";
import type { RemoveResult } from "../../results.ts";
import type { Store } from "../../store.ts";
import { useOwnTemporary } from "../../../tests/fakes/temporary.ts";
import { removeFrom } from "./remove.ts";

useOwnTemporary(); // locks of the lists under fallback tags

const remove = (store: Store, ...tags: string[]) =>
  removeFrom(store, tags.map((tag) => ({ tag })), {});

/** What must hold in a registry whenever a removal ends: what is there of it is whole. */
function demandWhole(
  { manifests, tags }: { manifests: Map<string, { bytes: Uint8Array }>; tags: Map<string, string> },
  rich: Rich,
): void {
  for (const [tag, digest] of tags) assert.ok(manifests.has(digest), `${tag} has no manifest`);
  for (const [digest, { bytes }] of manifests) {
    const { subject } = JSON.parse(new TextDecoder().decode(bytes));
    if (subject) assert.ok(manifests.has(subject.digest), `${digest} has no subject`);
  }
  if (![...tags].some(([tag, digest]) => tag === "v1" && digest === rich.artifact.digest)) return;
  for (const one of [rich.signature, rich.nested, rich.older]) {
    assert.ok(manifests.has(one.digest), "v1 has lost a signature");
  }
  assert.ok(tags.has(cosignTag(rich.artifact.digest, "sig")));
}

const KINDS: [name: string, options: FakeRegistryOptions][] = [
  ["with referrers", {}],
  ["without referrers", { referrers: false }],
];
for (const [name, options] of KINDS) {
  test(`a removal that ends anywhere leaves what is whole, in a registry ${name}`, async () => {
    for (let at = 1;; at++) {
      const { registry, store } = await bench(options);
      const made = await rich(store);
      let deletions = 0;
      registry.onRequest = ({ method }) =>
        method === "DELETE" && ++deletions >= at ? { answer: { status: 403 } } : undefined;
      const failed = await remove(store, "v1").then(() => false, (error) => {
        assert.equal(error.code, "denied");
        return true;
      });
      const repository = registry.repository("a/b");
      demandWhole(repository, made);
      registry.onRequest = undefined;
      if (!failed) {
        assert.equal(repository.manifests.size, 0);
        assert.equal(repository.tags.size, 0);
        assert.ok(at > 4);
        return;
      }
      // The digest goes on where it ended.
      await removeFrom(store, [{ digest: made.artifact.digest }], {});
      assert.deepEqual([repository.tags.size, repository.manifests.size], [0, 0], `step ${at}`);
    }
  });
}

test("where tags are not taken away, an empty index takes the tag along, and nothing else goes", async () => {
  const { registry, store } = await bench({ tagRemoval: "none" });
  const made = await rich(store);
  await store.tag("v2", made.artifact);
  const { tags, manifests } = registry.repository("a/b");
  const [before, all] = [new Map(tags), new Set(manifests.keys())];
  await remove(store, "v1");
  before.delete("v1");
  assert.deepEqual([tags, new Set(manifests.keys())], [before, all]);
  demandWhole({ manifests, tags }, made);
  await remove(store, "v2");
  assert.deepEqual([tags.size, manifests.size], [0, 0]);
});

test("an empty index that cannot be removed gives the tag back", async () => {
  for (const answer of [{ status: 403 }, { status: 405 }]) {
    const { registry, store } = await bench({ tagRemoval: "none" });
    const made = await rich(store);
    await store.tag("v2", made.artifact);
    const { tags } = registry.repository("a/b");
    let stands = false;
    registry.onRequest = ({ method, path }) => {
      if (method === "PUT" && path.endsWith("/v1")) stands = true;
      return method === "DELETE" && stands ? { answer } : undefined;
    };
    await assert.rejects(remove(store, "v1"), {
      code: answer.status === 403 ? "denied" : "registry",
    });
    assert.ok(stands);
    assert.equal(tags.get("v1"), made.artifact.digest);
    // What another pushed to the tag meanwhile stays.
    registry.onRequest = ({ method, path }) => {
      if (method !== "DELETE" || path.endsWith("/v1") || tags.get("v1") === made.artifact.digest) {
        return undefined;
      }
      tags.set("v1", made.older.digest);
      return undefined;
    };
    await remove(store, "v1");
    assert.equal(tags.get("v1"), made.older.digest);
  }
});

test("a tag that moves before an empty index is put there is left alone", async () => {
  const { registry, store } = await bench({ tagRemoval: "none" });
  const made = await rich(store);
  await store.tag("v2", made.artifact);
  const { tags } = registry.repository("a/b");
  registry.onRequest = ({ method, path }) => {
    // The probe for a manifest that is not there stands between the look and the PUT.
    if (method === "DELETE" && !path.endsWith("/v1")) tags.set("v1", made.older.digest);
    return undefined;
  };
  await assert.rejects(remove(store, "v1"), { code: "conflict" });
  assert.equal(tags.get("v1"), made.older.digest);
});

test("a registry that takes tags away only with what they name does so when all of it goes", async () => {
  const { registry, store } = await bench({ tagRemoval: "none" });
  const made = await rich(store);
  await store.tag("v2", made.artifact);
  const { tags, manifests } = registry.repository("a/b");
  // As if it refused empty indexes: nothing can stand in.
  registry.onRequest = ({ method, path }) =>
    method === "DELETE" && !manifests.has(path.split("/").at(-1)!)
      ? { answer: { status: 405 } }
      : undefined;
  await assert.rejects(remove(store, "v1"), {
    code: "registry",
    message: /does not take the tag "v1" away without what it names/,
  });
  assert.equal(tags.get("v1"), made.artifact.digest);
  await remove(store, "v1", "v2");
  assert.deepEqual([tags.size, manifests.size], [0, 0]);
});

test("in a registry that removes a manifest with its last tag, what refers to it goes too", async () => {
  const { registry, store } = await bench({ tagRemoval: "with manifest" });
  await rich(store);
  await remove(store, "v1");
  assert.equal(registry.repository("a/b").manifests.size, 0);
});

test("a registry that removes no manifests says what can be done, and keeps what is whole", async () => {
  const { registry, store } = await bench({ tagRemoval: "none", manifestRemoval: false });
  const made = await rich(store);
  const notices: string[] = [];
  const onNotice = ({ code }: { code: string }) => void notices.push(code);
  await assert.rejects(
    removeFrom(store, [{ tag: "v1" }], { onNotice }),
    (error: Error & { code: string; hint: string }) => {
      assert.equal(error.code, "registry");
      assert.match(error.message, /removes no manifests \(status 405\)/);
      assert.doesNotMatch(error.message, /media type/);
      assert.match(error.hint, /REGISTRY_STORAGE_DELETE_ENABLED/);
      return true;
    },
  );
  assert.ok(!notices.includes("partly-removed"), "nothing has gone");
  const repository = registry.repository("a/b");
  assert.equal(repository.tags.get("v1"), made.artifact.digest);
  demandWhole(repository, made);
  // 404 for what is there is a refusal, too.
  registry.onRequest = ({ method }) =>
    method === "DELETE" ? { answer: { status: 404 } } : undefined;
  await assert.rejects(remove(store, "v1"), { code: "registry", message: /status 404/ });
  registry.onRequest = ({ method }) =>
    method === "DELETE" ? { answer: { status: 401 } } : undefined;
  await assert.rejects(remove(store, "v1"), { code: "unauthorized" });
  demandWhole(repository, made);
});

test("a deletion whose answer was lost is as good as done", async () => {
  const { registry, store } = await bench();
  await rich(store);
  const repository = registry.repository("a/b");
  registry.onRequest = ({ method, path }) => {
    if (method !== "DELETE") return undefined;
    return {
      rewrite: (answer) => {
        assert.ok([202, 404].includes(answer.status), path);
        return { ...answer, status: 404 };
      },
    };
  };
  const found: RemoveResult = await remove(store, "v1");
  assert.equal(found.removed, true);
  assert.deepEqual([repository.tags.size, repository.manifests.size], [0, 0]);
});
