/** Several artifacts into one place: by their names, or whatever has a tag. */

import { test } from "node:test";
import assert from "node:assert/strict";
import { toy, ToyVerifier } from "../../../tests/fakes/toy_signatures.ts";
import { sample } from "../../../tests/fakes/store_suite.ts";
import { cosignTag } from "../../artifact/cosign_tags.ts";
import { Client } from "../../client.ts";
import { BlobberError } from "../../errors.ts";
import type { Progress } from "../../events.ts";
import type { CopyOutcome } from "../../results.ts";
import { MemoryStore } from "../../stores/memory_store.ts";
import type { BlobWriter, CallOptions, SetTagOptions } from "../../store.ts";
import type { Descriptor } from "../../types.ts";
import { attachSignature } from "../attach_signature.ts";

/** A store that mounts nothing, and writes down what is asked of it and done to it. */
class Watched extends MemoryStore {
  log: string[] = [];
  override mount(): Promise<boolean> {
    return Promise.resolve(false);
  }
  override has(target: Descriptor, options?: CallOptions): Promise<boolean> {
    this.log.push(`has ${target.digest}`);
    return super.has(target, options);
  }
  override begin(mediaType: string): Promise<BlobWriter> {
    this.log.push("blob");
    return super.begin(mediaType);
  }
  override put(descriptor: Descriptor, bytes: Uint8Array, options?: CallOptions): Promise<void> {
    this.log.push("manifest");
    return super.put(descriptor, bytes, options);
  }
  override tag(tag: string, descriptor: Descriptor, options?: SetTagOptions): Promise<void> {
    this.log.push(`tag ${tag}`);
    return super.tag(tag, descriptor, options);
  }
  count(what: string): number {
    return this.log.filter((line) => line === what).length;
  }
}

const client = new Client({ jobs: 0 });
const text = new TextEncoder();

/** An artifact of files, so that two of them share the blobs that they have in common. */
async function artifact(store: MemoryStore, reference: string, ...files: string[]) {
  const input = { files: files.map((title) => ({ title, content: text.encode(title) })) };
  return await client.push(input, { store, reference });
}

function brief(outcomes: CopyOutcome[]): string[] {
  return outcomes.map((outcome) =>
    "error" in outcome
      ? `${outcome.from} -> ${outcome.to}: ${(outcome.error as BlobberError).code}`
      : `${outcome.from} -> ${outcome.to}`
  );
}

test("each keeps its tag, one by its digest gets none, and what they share is sent once", async () => {
  const [a, b, to] = [new Watched("a"), new Watched("b"), new Watched("to")];
  await artifact(a, "v1", "one", "both");
  await artifact(a, "latest", "one", "both", "more");
  const { digest } = await artifact(b, "x", "both", "other");
  to.log = [];
  const from = [
    { store: a, reference: "v1" },
    { from: { store: a } },
    { store: b, reference: digest },
  ];
  const outcomes = await Array.fromAsync(client.copyAll(from, { store: to }));
  assert.deepEqual(brief(outcomes), [
    "a:v1 -> to:v1",
    "a -> to:latest",
    `b@${digest} -> to@${digest}`,
  ]);
  assert.deepEqual((await Array.fromAsync(to.tags())).sort(), ["latest", "v1"]);
  assert.equal((await to.resolve(digest)).digest, digest);
  // The config, and four files; none is asked for again.
  assert.equal(to.count("blob"), 5);
  const asked = to.log.filter((line) => line.startsWith("has "));
  assert.equal(asked.length, new Set(asked).size);
  const [first, second] = outcomes.map((one) => "result" in one ? one.result : undefined);
  assert.deepEqual(first?.blobs, { copied: 3, mounted: 0, present: 0 });
  assert.deepEqual(second?.blobs, { copied: 1, mounted: 0, present: 3 });
});

test("whatever has a tag goes along with its signatures, in the order of versions", async () => {
  const from = new Watched("from");
  const to = new Watched("to");
  for (const tag of ["v1.10", "v1.9", "latest"]) await artifact(from, tag, tag);
  const nine = await from.resolve("v1.9");
  await from.tag("stable", nine);
  const signature = await attachSignature(from, nine, toy(nine));
  const beside = await sample(from, "beside");
  await from.tag(cosignTag(nine.digest, "sig"), beside);
  await from.tag(`sha256-${"0".repeat(64)}`, beside);
  await from.tag(cosignTag(`sha256:${"1".repeat(64)}`, "sig"), beside);
  to.log = [];
  const outcomes = await Array.fromAsync(
    client.copyAll({ tagsOf: { store: from } }, { store: to }),
  );
  assert.deepEqual(brief(outcomes).map((line) => line.slice(line.indexOf("to:"))).sort(), [
    "to:latest",
    "to:stable",
    "to:v1.10",
    "to:v1.9",
  ]);
  const order = outcomes.map(({ to }) => to);
  assert.ok(order.indexOf("to:v1.9") < order.indexOf("to:v1.10"));
  const own = cosignTag(nine.digest, "sig");
  assert.deepEqual((await Array.fromAsync(to.tags())).sort(), [
    "latest",
    own,
    "stable",
    "v1.10",
    "v1.9",
  ]);
  const { mediaType, digest, size } = signature;
  assert.ok(await to.has({ mediaType, digest, size }));
  // Two tags of one manifest are one copy: its referrers go with the first.
  const sums = outcomes.map((one) => "result" in one ? one.result.referrers : -1);
  assert.deepEqual(sums.toSorted(), [0, 0, 0, 2]);
  assert.deepEqual(
    await Array.fromAsync(
      client.copyAll({ tagsOf: { store: to } }, {
        store: new MemoryStore(),
      }),
      ({ to }) => to.replace(/.*:/, ""),
    ),
    order.map((to) => to.replace(/.*:/, "")),
  );
});

test("all are verified before the first is copied, and one that fails keeps no other back", async () => {
  const from = new Watched("from");
  const to = new Watched("to");
  for (const tag of ["signed", "unsigned", "own"]) await artifact(from, tag, tag);
  const signed = await from.resolve("signed");
  await attachSignature(from, signed, toy(signed));
  to.log = [];
  const seen: string[] = [];
  const verifier = new ToyVerifier();
  const resolve = from.resolve.bind(from);
  from.resolve = async (selector, options) => {
    seen.push(`resolve ${selector} after ${to.log.length}`);
    return await resolve(selector, options);
  };
  const outcomes = await Array.fromAsync(client.copyAll(
    [
      { store: from, reference: "gone" },
      { from: { store: from, reference: "own" }, expect: signed.digest },
      { store: from, reference: "unsigned" },
      { store: from, reference: "signed" },
    ],
    { store: to },
    { verifier },
  ));
  assert.deepEqual(brief(outcomes), [
    "from:gone -> to:gone: not-found",
    "from:own -> to:own: integrity",
    "from:unsigned -> to:unsigned: no-signature",
    "from:signed -> to:signed",
  ]);
  assert.deepEqual(
    seen.filter((line) => /^resolve (?:gone|own|signed|unsigned) /.test(line)).sort(),
    [
      "resolve gone after 0",
      "resolve own after 0",
      "resolve signed after 0",
      "resolve unsigned after 0",
    ],
  );
  const last = outcomes.at(-1)!;
  assert.ok("result" in last && last.result.verdict !== undefined);
  assert.deepEqual(await Array.fromAsync(to.tags()), ["signed"]);
});

test("a tag that may not move, and a store that fails once, fail one artifact", async () => {
  const from = new Watched("from");
  const to = new Watched("to");
  for (const tag of ["a", "b", "c"]) await artifact(from, tag, tag);
  await artifact(to, "a", "other");
  const put = to.put.bind(to);
  let failures = 1;
  to.put = async (descriptor, bytes, options) => {
    if (failures-- === 0) throw new BlobberError("network", "gone for a moment");
    await put(descriptor, bytes, options);
  };
  const options = { ifAbsent: true };
  const outcomes = await Array.fromAsync(
    client.copyAll({ tagsOf: { store: from } }, { store: to }, options),
  );
  assert.deepEqual(brief(outcomes), [
    "from:a -> to:a: conflict",
    "from:b -> to:b: network",
    "from:c -> to:c",
  ]);
});

test("what would be lost without a word is refused, and nothing is copied", async () => {
  const from = new Watched("from");
  const to = new Watched("to");
  await artifact(from, "v1", "x");
  const v1 = { store: from, reference: "v1" };
  const refused = async (error: object, ...args: unknown[]) => {
    to.log = [];
    const call = client.copyAll(...args as Parameters<typeof client.copyAll>);
    await assert.rejects(Array.fromAsync(call), error);
    assert.deepEqual(to.log, []);
  };
  await refused({ code: "conflict", message: /"from:v1" and "from:v1" would both be "to:v1"/ }, [
    v1,
    v1,
  ], { store: to });
  await refused({ code: "invalid-reference" }, [v1], { store: to, reference: "v2" });
  await refused({ code: "invalid-reference" }, { tagsOf: v1 }, { store: to });
  await refused({ code: "invalid-option" }, "from:v1", { store: to });
  await refused({ code: "invalid-option" }, [{ from: v1, expected: "x" }], { store: to });
  await refused({ code: "invalid-reference" }, [5], { store: to });
});

test("progress is the sum of all, and the signal ends all of it", async () => {
  const from = new Watched("from");
  for (const tag of ["a", "b", "c"]) await artifact(from, tag, tag, "shared");
  const seen: Progress[] = [];
  const to = { store: new Watched("to") };
  const onProgress = (progress: Progress) => void seen.push(progress);
  await Array.fromAsync(client.copyAll({ tagsOf: { store: from } }, to, { onProgress }));
  const total = 3 * ("shared".length + 1 + "{}".length);
  assert.deepEqual(seen.at(-1), {
    ...{ phase: "copy", done: total, total, unit: "bytes", finished: true },
  });
  assert.equal(seen.filter(({ finished }) => finished).length, 1);
  const stop = new AbortController();
  const got: string[] = [];
  await assert.rejects(async () => {
    const call = client.copyAll({ tagsOf: { store: from } }, { store: new Watched("to") }, {
      signal: stop.signal,
    });
    for await (const { to } of call) {
      got.push(to);
      stop.abort();
    }
  }, { code: "interrupted" });
  assert.deepEqual(got, ["to:a"]);
});
