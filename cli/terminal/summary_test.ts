import assert from "node:assert/strict";
import { amountText, filesText, signedBySuffix, signerName, tookText } from "./summary.ts";

Deno.test("how long it took is said in seconds, with a tenth while that matters", () => {
  assert.deepEqual(
    [0, 449, 1940, 9949, 9950, 59_499, 59_500, 125_000, 3_600_000].map(tookText),
    [
      "in 0.0 s",
      "in 0.4 s",
      "in 1.9 s",
      "in 9.9 s",
      "in 10 s",
      "in 59 s",
      "in 1 min 0 s",
      "in 2 min 5 s",
      "in 60 min 0 s",
    ],
  );
});

Deno.test("numbers have their thousands apart, and one is one", () => {
  assert.deepEqual(
    [0, 1, 999, 1000, 11_478, 1_234_567].map((n) => amountText(n, "entry", "entries")),
    ["0 entries", "1 entry", "999 entries", "1,000 entries", "11,478 entries", "1,234,567 entries"],
  );
  assert.equal(filesText(11_478, 42_500_000), "11,478 files, 42.5 MB");
});

Deno.test("a signer is named by subject, by the beginning of its fingerprint, or by its description", () => {
  const key = { kind: "key", fingerprint: `SHA256:1b25e0c4${"0".repeat(56)}` } as const;
  assert.equal(signedBySuffix({ signer: key }), ", signed by key SHA256:1b25e0c4…");
  assert.equal(signedBySuffix(undefined), "");
  const jo = { kind: "certificate", issuer: "https://a.test", subject: "jo@a.test", claims: {} };
  assert.equal(signerName({ ...jo, kind: "certificate" }), "jo@a.test");
  assert.equal(signerName({ kind: "other", description: "a notary" }), "a notary");
});
