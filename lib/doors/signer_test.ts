import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../client.ts";
import type { BlobberError } from "../errors.ts";
import type { Signature, Signer } from "../signing.ts";
import { MemoryStore } from "../stores/memory_store.ts";

const bytes = new Uint8Array([1, 2, 3]);
const good = { mediaType: "application/vnd.example.seal", bytes };

function signerOf(returned: unknown): Signer {
  return { sign: () => Promise.resolve(returned as Signature) };
}

/** What signers return, and what is said of it. */
const WRONG: [unknown, string][] = [
  [undefined, "undefined, expected a signature"],
  [null, "null, expected a signature"],
  [true, "true, expected a signature"],
  [bytes, "a signature whose mediaType is undefined, expected"],
  [bytes.buffer, "a signature whose mediaType is undefined, expected"],
  ["c2VhbA==", '"c2VhbA==", expected a signature'],
  [[good], "a list, expected a signature"],
  [{ bytes }, 'a signature whose mediaType is undefined, expected "type/subtype"'],
  [{ ...good, mediaType: "seal" }, 'a signature whose mediaType is "seal", expected "type/'],
  [{ ...good, mediaType: ".a/b" }, 'a signature whose mediaType is ".a/b", expected "type/'],
  [{ ...good, mediaType: "a/b; c=d" }, 'a signature whose mediaType is "a/b; c=d", expected'],
  [{ ...good, bytes: undefined }, "a signature whose bytes is undefined, expected a Uint8Array"],
  [{ ...good, bytes: bytes.buffer }, "a signature whose bytes is an ArrayBuffer, expected a"],
  [{ ...good, bytes: "c2VhbA==" }, 'a signature whose bytes is "c2VhbA==", expected a Uint8'],
  [{ ...good, bytes: [1, 2, 3] }, "a signature whose bytes is a list, expected a Uint8Array"],
  [{ ...good, bytes: new Uint8Array() }, "a signature whose bytes is empty, expected at least"],
  [{ ...good, annotations: ["a"] }, "a signature whose annotations is a list, expected an"],
  [{ ...good, annotations: { a: 1 } }, 'a signature whose annotations["a"] is 1, expected a s'],
];

for (const [returned, message] of WRONG) {
  test(`stores no signature that is ${message}`, async () => {
    const signer = signerOf(returned);
    const store = new MemoryStore();
    const client = new Client({ jobs: 0, signer });
    const refused = (error: BlobberError) => {
      assert.equal(error.code, "invalid-option", String(error));
      assert.ok(error.message.startsWith(`the signer returned ${message}`), error.message);
      return true;
    };
    await assert.rejects(client.push({ entries: [] }, { store, reference: "v1" }), refused);
    assert.deepEqual(await Array.fromAsync(store.tags()), [], "no tag points at it");
    const unsigned = new Client({ jobs: 0 });
    const pushed = await unsigned.push({ entries: [] }, { store, reference: "v2" });
    await assert.rejects(client.sign({ store, reference: "v2" }), refused);
    const { mediaType, digest, size } = pushed;
    const referrers = await Array.fromAsync(store.referrers({ mediaType, digest, size }));
    assert.deepEqual(referrers, []);
  });
}

test("memory that a signer uses again does not change what is stored", async () => {
  const memory = bytes.slice();
  const signer: Signer = {
    sign: () => {
      queueMicrotask(() => queueMicrotask(() => queueMicrotask(() => memory.fill(0))));
      return Promise.resolve({ ...good, bytes: memory });
    },
  };
  const store = new MemoryStore();
  await new Client({ jobs: 0, signer }).push({ entries: [] }, { store, reference: "v1" });
  const seen: Signature[] = [];
  const verifier = {
    accepts: () => true,
    verify: (_: unknown, signature: Signature) => {
      seen.push(signature);
      return Promise.resolve({
        signer: { kind: "other" as const, description: "test" },
        checks: [{ name: "signature", result: "passed" as const, evidence: "seen" }],
      });
    },
  };
  await new Client({ verifier }).verify({ store, reference: "v1" });
  assert.deepEqual([...seen[0]!.bytes], [1, 2, 3]);
});
