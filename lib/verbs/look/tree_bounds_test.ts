import assert from "node:assert/strict";
import { test } from "node:test";
import { badOnes, goodOne, referrerOf } from "../../../tests/fakes/crowd.ts";
import { index, ListingStore, outline, refer, tree } from "../../../tests/fakes/referrer_trees.ts";
import { sample, writeBlob } from "../../../tests/fakes/store_suite.ts";
import { ToyVerifier } from "../../../tests/fakes/toy_signatures.ts";
import { readDocument } from "../../artifact/manifest.ts";
import {
  MAX_REFERRER_DEPTH,
  MAX_SEARCH_MS,
  MAX_TREE_LISTED,
  MAX_TREE_MANIFESTS,
  MAX_TREE_NODES,
  MAX_TREE_REFERRERS,
  MAX_TREE_SUBJECTS,
} from "../../limits.ts";
import { MemoryStore } from "../../stores/memory_store.ts";
import type { Descriptor } from "../../types.ts";
import { walkReferrers } from "./referrer_walk.ts";

const THING = "application/vnd.example.thing";

test("crowd: what is listed, read and asked has bounds, and a signature that satisfies is in sight", async () => {
  const store = new ListingStore();
  const root = await sample(store, "site", { tag: "v1" });
  const bad = badOnes(root, MAX_TREE_LISTED + 200);
  const good = goodOne(root);
  for (const { listed, manifest, layer, content } of [...bad, good]) {
    const text = new TextDecoder().decode(content);
    await writeBlob(store, layer, text);
    await store.put(listed, manifest);
  }
  const at = MAX_TREE_LISTED - 1;
  store.lists.set(root.digest, [
    ...bad.slice(0, at).map(({ listed }) => listed),
    good.listed,
    ...bad.slice(at).map(({ listed }) => listed),
  ]);
  store.asked = { referrers: 0, fetch: 0, resolve: 0 };
  const { root: found, isCut } = await tree(store);
  assert.equal(found.referrers.length, MAX_TREE_REFERRERS);
  assert.deepEqual(found.leftOut, {
    referrers: MAX_TREE_LISTED - MAX_TREE_REFERRERS,
    more: true,
    manifests: 0,
    unasked: false,
  });
  assert.equal(isCut, true);
  // The root and each referrer are read once, and asked for their own referrers.
  assert.deepEqual([store.asked.fetch, store.asked.referrers], [
    1 + MAX_TREE_REFERRERS,
    1 + MAX_TREE_REFERRERS,
  ]);
  const verified = await tree(store, { verifier: new ToyVerifier() });
  const seen = verified.root.referrers.filter(({ signatures }) =>
    signatures?.[0]?.state === "verified"
  );
  assert.deepEqual(seen.map(({ digest }) => digest), [good.listed.digest]);
});

test("bounds hold for the tree as a whole: referrers, subjects, manifests, generations, time", async () => {
  const store = new ListingStore();
  const platforms: Descriptor[] = [];
  for (let i = 0; i < MAX_TREE_MANIFESTS + 3; i++) platforms.push(await sample(store, `p${i}`));
  await index(store, platforms, "v1");
  for (const platform of platforms.slice(0, 8)) {
    const crowd = Array.from(
      { length: 80 },
      (_, i) => referrerOf(platform, { type: THING, created: `${i}` }),
    );
    for (const { listed, manifest } of crowd) await store.put(listed, manifest);
  }
  store.asked = { referrers: 0, fetch: 0, resolve: 0 };
  const { root } = await tree(store);
  assert.equal(root.manifests.length, MAX_TREE_MANIFESTS);
  assert.equal(root.leftOut!.manifests, 3);
  const read = root.manifests.reduce((sum, one) => sum + one.referrers.length, 0);
  assert.equal(read, MAX_TREE_NODES);
  assert.equal(store.asked.referrers, MAX_TREE_SUBJECTS);
  assert.equal(root.manifests.at(-1)!.leftOut!.unasked, true);
  const chain = new MemoryStore();
  let last = await sample(chain, "site", { tag: "v1" });
  for (let i = 0; i <= MAX_REFERRER_DEPTH; i++) last = await refer(chain, last, THING, `${i}`);
  assert.deepEqual(outline((await tree(chain)).root), [
    "manifest",
    ...Array.from(
      { length: MAX_REFERRER_DEPTH },
      (_, i) =>
        `${"  ".repeat(i + 1)}artifact ${THING}${
          i + 1 === MAX_REFERRER_DEPTH ? " [unasked=true]" : ""
        }`,
    ),
  ]);
  const document = await readDocument(chain, await chain.resolve("v1"));
  let clock = 0;
  const late = await walkReferrers(chain, document, { now: () => (clock += MAX_SEARCH_MS) });
  assert.deepEqual(outline(late.root), ["manifest [unasked=true]"]);
});
