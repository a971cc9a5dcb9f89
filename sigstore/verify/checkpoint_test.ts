import { test } from "node:test";
import assert from "node:assert/strict";
import { concat, toBase64 } from "@blobber/core/internal/bytes";
import { FakeKey, sha256 } from "../../tests/fakes/sigstore/keys.ts";
import { checkpoint, MerkleTree } from "../../tests/fakes/sigstore/merkle.ts";
import { checkSignedBy, readCheckpoint } from "./checkpoint.ts";
import type { TrustedLog } from "../trust/trust_root.ts";

const key = new FakeKey("P-256");
const keyId = sha256(key.spki);
const log: TrustedLog = {
  baseUrl: "https://log.example",
  keyId,
  key: key.publicKey,
  validFor: { start: new Date(0), end: new Date(8e15) },
};
const tree = new MerkleTree();
for (const leaf of ["a", "b", "c"]) tree.add(new TextEncoder().encode(leaf));
const note = checkpoint(tree, "log.example - 17", { name: "log.example", key, keyId });
const refused = (step: () => unknown, message: RegExp) =>
  assert.throws(step, { code: "signature-invalid", message });
/** A further signature line. */
const line = (name: string, hint: Uint8Array, signature: Uint8Array) =>
  `\u2014 ${name} ${toBase64(concat(hint.subarray(0, 4), signature))}\n`;

test("a log's own checkpoint is its own, with its witnesses' signatures before or behind", () => {
  const read = readCheckpoint(note);
  assert.deepEqual([read.origin, read.size], ["log.example - 17", "3"]);
  assert.deepEqual(read.rootHash, tree.root());
  checkSignedBy(read, log);
  const witness = line("witness.example/w1", sha256("w"), key.sign(new Uint8Array(1)));
  checkSignedBy(readCheckpoint(note + witness), log);
  checkSignedBy(readCheckpoint(note.replace("\u2014", `${witness}\u2014`)), log);
});

test("own-signature-refused: a log is known by its key and its id, wherever it is served", () => {
  for (const baseUrl of ["https://elsewhere.example/rekor", "http://127.0.0.1:3000"]) {
    checkSignedBy(readCheckpoint(note), { ...log, baseUrl });
  }
  const other = new FakeKey("P-256");
  refused(
    () => checkSignedBy(readCheckpoint(note), { ...log, key: other.publicKey }),
    /signature is not the log's/,
  );
  refused(
    () => checkSignedBy(readCheckpoint(note), { ...log, keyId: sha256(other.spki) }),
    /not signed in the log's name/,
  );
  const renamed = note.replace("log.example - 17", "other.example - 17");
  refused(() => checkSignedBy(readCheckpoint(renamed), log), /not signed in the log's name/);
  const changed = note.replace("\n3\n", "\n4\n");
  refused(() => checkSignedBy(readCheckpoint(changed), log), /signature is not the log's/);
});

test("long-oid: of many signatures under the log's own id one is checked", () => {
  const [text = "", good = ""] = note.split("\n\n");
  const bad = line("log.example", keyId, new Uint8Array(70).fill(1));
  const flood = readCheckpoint(`${text}\n\n${bad.repeat(60)}${good}`);
  assert.equal(flood.signatures.length, 61);
  // Had each been checked, the last would have satisfied.
  refused(() => checkSignedBy(flood, log), /signature is not the log's/);
  refused(() => readCheckpoint(`${text}\n\n${bad.repeat(65)}`), /65 signatures, expected at most/);
  refused(() => readCheckpoint(`${note}${bad.repeat(10_000)}`), /characters, expected at most/);
});

test("long-oid: a tree's size is a number of at most 19 digits before it is read as one", () => {
  for (const size of ["9".repeat(20), "9".repeat(10_000), "-1", "03", "0x3", "", " 3"]) {
    refused(() => readCheckpoint(note.replace("\n3\n", `\n${size}\n`)), /no size or no root hash/);
  }
});
