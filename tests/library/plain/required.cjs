// A program of the older kind: it requires the packages, which Node does from 22.12 on.

const assert = require("node:assert/strict");
const { Client, MemoryStore } = require("@blobber/core");
const { createVerifier } = require("@blobber/sigstore/verify");

async function main() {
  assert.equal(typeof createVerifier, "function");
  const client = new Client();
  const content = new TextEncoder().encode("hello\n");
  const at = { store: new MemoryStore(), reference: "v1" };
  await client.push({ entries: [{ type: "file", path: "a.txt", content }] }, at);
  assert.deepEqual((await client.list(at)).names, ["a.txt"]);
  await client.close();
}

main();
