import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_CLAIM_CHARS } from "../limits.ts";
import type { ClaimReader, Claims } from "../looking.ts";
import { CheckedClaims } from "./claims.ts";

const signature = { mediaType: "application/x", bytes: new Uint8Array(1) };
const reading = (answer: unknown) => {
  const reader = { accepts: () => true, read: () => answer } as unknown as ClaimReader;
  return new CheckedClaims(reader).read(signature, {});
};

test("claims are copied, field by field, and long ones are cut", async () => {
  const time = new Date(0);
  const long = "x".repeat(MAX_CLAIM_CHARS + 1);
  const given = {
    kind: "attestation",
    signer: { kind: "certificate", issuer: "i", subject: long, more: 1 },
    time,
    predicateType: "p",
    extra: "no",
  };
  const claims = await reading(Promise.resolve(given));
  assert.deepEqual(claims, {
    kind: "attestation",
    signer: { kind: "certificate", issuer: "i", subject: `${long.slice(1)}…` },
    time: new Date(0),
    predicateType: "p",
  });
  time.setTime(5);
  assert.equal(claims.time!.getTime(), 0);
  assert.deepEqual(await reading({ kind: "signature", signer: { kind: "key" } } as Claims), {
    kind: "signature",
    signer: { kind: "key" },
  });
});

for (
  const [answer, message] of [
    [undefined, /returned undefined, expected what a signature claims/],
    [{ kind: "sbom" }, /kind is "sbom", expected "signature" or "attestation"/],
    [{ kind: "signature", signer: { kind: "other" } }, /signer is an object, expected who signed/],
    [
      { kind: "signature", signer: { kind: "certificate", issuer: "i" } },
      /signer\.subject is undefined, expected a string/,
    ],
    [{ kind: "signature", time: new Date(NaN) }, /time is a Date, expected a valid Date/],
    [{ kind: "signature", predicateType: 7 }, /predicateType is 7, expected a string/],
  ] as [unknown, RegExp][]
) {
  test(`claims are refused: ${message.source}`, async () => {
    await assert.rejects(reading(answer), { code: "invalid-option", message });
  });
}

test("what accepts returns is true or false, and nothing else", () => {
  const reader = {
    accepts: () => 1,
    read: () => ({ kind: "signature" }),
  } as unknown as ClaimReader;
  assert.throws(() => new CheckedClaims(reader).accepts("x"), {
    code: "invalid-option",
    message: /accepts of the option claims returned 1, expected true or false/,
  });
});
