import { test } from "node:test";
import assert from "node:assert/strict";
import { BlobberError, type Code, type Signable, type Verdict, type Verifier } from "@blobber/core";
import { verifierOfAny } from "./any_of.ts";

const verdict: Verdict = { signer: { kind: "key", fingerprint: "f" }, checks: [] };
const accepting: Verifier = { accepts: () => true, verify: () => Promise.resolve(verdict) };
const refusing = (code: Code, message: string): Verifier => ({
  accepts: () => false,
  verify: () => Promise.reject(new BlobberError(code, message)),
});
const signable = {} as Signable;
const signature = { mediaType: "a/b", bytes: new Uint8Array() };

test("one that is satisfied is enough, in any position", async () => {
  const both = verifierOfAny("rule", [refusing("signature-invalid", "no"), accepting]);
  assert.equal(await both.verify(signable, signature), verdict);
  assert.ok(both.accepts("a/b"));
  assert.equal(both.title, "rule");
});

test("if all refuse, the refusal that came furthest is reported", async () => {
  const none = verifierOfAny("rule", [
    refusing("signature-invalid", "bad"),
    refusing("identity-mismatch", "found a"),
    refusing("identity-mismatch", "found b"),
  ]);
  await assert.rejects(none.verify(signable, signature), {
    code: "identity-mismatch",
    message: "found a; or found b",
  });
});

test("a wrong identity does not hide a broken trust root", async () => {
  const none = verifierOfAny("rule", [
    refusing("identity-mismatch", "x"),
    refusing("trust-root", "old"),
  ]);
  await assert.rejects(none.verify(signable, signature), { code: "trust-root" });
});

test("good-among-bad: a signature may fit a rule if it may fit one of its signers", () => {
  const unlikely: Verifier = { ...accepting, mayFit: () => false };
  assert.equal(
    verifierOfAny("rule", [unlikely, { ...accepting, mayFit: () => true }]).mayFit!(
      signable,
      signature,
    ),
    true,
  );
  assert.equal(verifierOfAny("rule", [unlikely, accepting]).mayFit!(signable, signature), true);
  assert.equal(verifierOfAny("rule", [unlikely, unlikely]).mayFit!(signable, signature), false);
});

test("an error that is not a refusal ends the search", async () => {
  const broken = verifierOfAny("rule", [refusing("invalid-key", "k"), accepting]);
  await assert.rejects(broken.verify(signable, signature), { code: "invalid-key" });
});
