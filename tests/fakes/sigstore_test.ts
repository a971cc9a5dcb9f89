import { afterEach, beforeEach, test } from "node:test";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { X509Certificate } from "node:crypto";
import { fromBase64 } from "../../lib/bytes.ts";
import { toPem } from "../../sigstore/encoding/pem.ts";
import { createSigner } from "../../sigstore/sign/signer.ts";
import { givenToken } from "../../sigstore/tokens/given.ts";
import { type FakeSigstore, startSigstore } from "./sigstore.ts";
import { FakeKey, sha256 } from "./sigstore/keys.ts";
import { checkpoint, MerkleTree } from "./sigstore/merkle.ts";

let sigstore: FakeSigstore;
beforeEach(async () => {
  sigstore = await startSigstore();
});
afterEach(() => sigstore.close());

test("the fake's certificates form a chain that Node's own checks accept", () => {
  const { ca } = sigstore;
  const leaf = new X509Certificate(
    ca.issue({ spki: new FakeKey().spki, names: [{ email: "a@b.c" }], issuer: "https://i.test" }),
  );
  const [intermediate, root] = [new X509Certificate(ca.intermediate), new X509Certificate(ca.root)];
  assert.ok(leaf.verify(intermediate.publicKey));
  assert.ok(intermediate.verify(root.publicKey));
  assert.ok(root.verify(root.publicKey));
  assert.equal(leaf.subjectAltName, "email:a@b.c");
});

test("OpenSSL reads the fake's timestamps and finds them signed", (t) => {
  if (!hasOpenssl()) return t.skip("openssl is not here");
  const dir = mkdtempSync(join(tmpdir(), "blobber-fake-"));
  try {
    const at = (name: string) => join(dir, name);
    const { tsa } = sigstore;
    writeFileSync(at("data"), "signature");
    execFileSync("openssl", [
      "ts",
      "-query",
      "-data",
      at("data"),
      "-sha256",
      "-cert",
      "-out",
      at("q"),
    ], {
      stdio: "ignore",
    });
    writeFileSync(at("root.pem"), toPem("CERTIFICATE", tsa.root));
    writeFileSync(at("tsa.pem"), toPem("CERTIFICATE", tsa.certificate));
    const query = new Uint8Array(readFileSync(at("q")));
    writeFileSync(at("r"), tsa.answer(query));
    const said = execFileSync("openssl", [
      ...["ts", "-verify", "-queryfile", at("q"), "-in", at("r")],
      ...["-CAfile", at("root.pem"), "-untrusted", at("tsa.pem")],
    ], { stdio: ["ignore", "pipe", "pipe"] }).toString();
    assert.match(said, /Verification: OK/);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("a Merkle path leads from its leaf to the root for every leaf of every size", () => {
  for (let size = 1; size <= 9; size++) {
    const tree = new MerkleTree();
    for (let i = 0; i < size; i++) tree.add(new Uint8Array([i]));
    for (let i = 0; i < size; i++) {
      assert.deepEqual(climb(i, size, sha256(new Uint8Array([0, i])), tree.path(i)), tree.root());
    }
  }
});

test("a checkpoint's lines are those of a signed note", () => {
  const { rekor2 } = sigstore;
  const lines = checkpoint(new MerkleTree(), rekor2.name, rekor2).split("\n");
  assert.deepEqual(lines.slice(0, 2), ["rekor2.test", "0"]);
  assert.equal(lines[3], "");
  assert.match(lines[4]!, /^\u2014 rekor2\.test [A-Za-z0-9+/]+=*$/);
});

test("the fake refuses tokens that it did not sign, and entries that do not verify", async () => {
  const post = (url: string, body: unknown) =>
    fetch(url, { method: "POST", body: JSON.stringify(body) }).then(async (response) => {
      await response.body?.cancel();
      return response.status;
    });
  const key = { content: toPem("PUBLIC KEY", new FakeKey().spki) };
  const request = (token: string) => ({
    credentials: { oidcIdentityToken: token },
    publicKeyRequest: { publicKey: key, proofOfPossession: "AA==" },
  });
  const fulcio = `${sigstore.urls.fulcio}/api/v2/signingCert`;
  const token = sigstore.oidc.token();
  assert.equal(await post(fulcio, request(token.slice(0, -4) + "AAAA")), 401);
  assert.equal(await post(fulcio, request(token)), 400);
  const signature = { sig: "AAAA" };
  const envelope = JSON.stringify({ payload: "", payloadType: "t", signatures: [signature] });
  const rekor = `${sigstore.urls.rekor1}/api/v1/log/entries`;
  const verifiers = [btoa(key.content)];
  assert.equal(
    await post(rekor, { kind: "dsse", spec: { proposedContent: { envelope, verifiers } } }),
    400,
  );
});

test("a signature by the fake has everything that the trust root verifies", async () => {
  const signer = await createSigner({
    token: givenToken(sigstore.oidc.token()),
    signingConfig: sigstore.signingConfig(1),
  });
  const bytes = new TextEncoder().encode("{}");
  const digest = `sha256:${
    Array.from(sha256(bytes), (b) => b.toString(16).padStart(2, "0")).join("")
  }`;
  const signature = await signer.sign({
    digest: digest as `sha256:${string}`,
    mediaType: "application/json",
    size: 2,
    bytes,
  });
  const { verificationMaterial: material } = JSON.parse(new TextDecoder().decode(signature.bytes));
  const leaf = new X509Certificate(fromBase64(material.certificate.rawBytes)!);
  assert.equal(leaf.subjectAltName, "email:dev@example.com");
  assert.equal(material.tlogEntries[0].inclusionProof.logIndex, "0");
  assert.equal(material.tlogEntries[0].logIndex, "1000");
  assert.equal(material.timestampVerificationData.rfc3161Timestamps.length, 1);
  assert.deepEqual(Object.keys(sigstore.trustedRoot({ ct: false })).sort(), [
    "certificateAuthorities",
    "ctlogs",
    "mediaType",
    "timestampAuthorities",
    "tlogs",
  ]);
});

/** RFC 9162, 2.1.3.2: written another way than the fake's own paths are. */
function climb(index: number, size: number, leaf: Uint8Array, path: Uint8Array[]): Uint8Array {
  const node = new Uint8Array([1]);
  let [fn, sn, hash] = [index, size - 1, leaf];
  for (const step of path) {
    if (fn % 2 === 1 || fn === sn) {
      hash = sha256(node, step, hash);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn >> 1, sn >> 1];
    } else hash = sha256(node, hash, step);
    [fn, sn] = [fn >> 1, sn >> 1];
  }
  assert.equal(sn, 0);
  return hash;
}

function hasOpenssl(): boolean {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
