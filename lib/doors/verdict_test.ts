import assert from "node:assert/strict";
import { test } from "node:test";
import type { BlobberError } from "../errors.ts";
import { acceptVerdict } from "./verdict.ts";

const signer = { kind: "key", fingerprint: "sha256:ab" };
const passed = { name: "signature", result: "passed", evidence: "by a key" };
const absent = { name: "log", result: "absent", evidence: "no log entry" };
const good = { signer, checks: [passed] };

function refusal(returned: unknown, title?: string): BlobberError {
  try {
    acceptVerdict(returned, title);
  } catch (error) {
    return error as BlobberError;
  }
  throw new Error("it was accepted");
}

const CERTIFICATE = { kind: "certificate", issuer: "https://a.example", subject: "me", claims: {} };

for (
  const verdict of [
    good,
    { ...good, checks: [absent, passed] },
    { ...good, time: undefined, log: undefined },
    { ...good, time: new Date(0), log: { url: "https://log.example", index: "7" } },
    { signer: CERTIFICATE, checks: [passed] },
    { signer: { ...CERTIFICATE, claims: { a: "" } }, checks: [passed] },
    { signer: { kind: "other", description: "a seal" }, checks: [passed] },
  ]
) {
  test(`accepts ${JSON.stringify(verdict)}`, () => {
    const given = JSON.parse(JSON.stringify(verdict));
    const accepted = acceptVerdict(verdict);
    assert.deepEqual(JSON.parse(JSON.stringify(accepted)), given);
  });
}

test("hands on a copy of what was checked, and nothing else", () => {
  const time = new Date(5);
  const mine = { ...good, time, checks: [{ ...passed, more: 1 }], verified: false };
  const accepted = acceptVerdict(mine);
  time.setTime(9);
  mine.checks.length = 0;
  assert.deepEqual(accepted as unknown, { ...good, time: new Date(5), checks: [passed] });
});

const hole = [passed, passed];
delete hole[0];

for (
  const [returned, expected] of [
    [undefined, /^the verifier returned undefined, expected a verdict$/],
    [null, /^the verifier returned null, expected a verdict$/],
    [true, /^the verifier returned true, expected a verdict$/],
    [false, /^the verifier returned false, expected a verdict$/],
    [1, /^the verifier returned 1, /],
    ["valid", /^the verifier returned "valid", /],
    [[], /^the verifier returned an empty list, /],
    [[good], /^the verifier returned a list, /],
    [() => good, /^the verifier returned a function, /],
    [Promise.resolve(good), /a verdict whose signer is undefined, expected who signed$/],
    [{}, /a verdict whose signer is undefined, expected who signed$/],
    [{ verified: true }, /a verdict whose signer is undefined, /],
    [{ checks: [passed] }, /a verdict whose signer is undefined, /],
    [{ signer: "me", checks: [passed] }, /a verdict whose signer is "me", expected who signed$/],
    [
      { signer: { kind: "person" }, checks: [passed] },
      /a verdict whose signer\.kind is "person", expected "certificate", "key" or "other"$/,
    ],
    [{ signer: { kind: "toString" }, checks: [passed] }, /signer\.kind is "toString"/],
    [{ signer: { kind: "key" }, checks: [passed] }, /signer\.fingerprint is undefined/],
    [{ signer: { kind: "key", fingerprint: "" }, checks: [passed] }, /signer\.fingerprint is ""/],
    [{ signer: { ...CERTIFICATE, issuer: 1 }, checks: [passed] }, /signer\.issuer is 1, /],
    [{ signer: { ...CERTIFICATE, claims: [] }, checks: [passed] }, /claims is an empty list/],
    [{ signer: { ...CERTIFICATE, claims: { a: 1 } }, checks: [passed] }, /claims\["a"\] is 1, /],
    [{ signer }, /a verdict whose checks is undefined, expected a list of checks$/],
    [{ signer, checks: [] }, /checks is an empty list, expected at least one check that passed$/],
    [{ signer, checks: [absent] }, /checks is a list, expected at least one check that passed$/],
    [{ signer, checks: { 0: passed, length: 1 } }, /checks is an object, expected a list of/],
    [{ signer, checks: hole }, /checks\[0\] is undefined, expected a check$/],
    [
      { signer, checks: [passed, { ...passed, result: "failed" }] },
      /checks\[1\]\.result is "failed", expected "passed", "absent" or "unchecked"$/,
    ],
    [{ signer, checks: [{ ...passed, result: true }] }, /checks\[0\]\.result is true, /],
    [{ signer, checks: [{ ...passed, name: "" }] }, /checks\[0\]\.name is ""/],
    [
      { signer, checks: [{ ...passed, evidence: undefined }] },
      /checks\[0\]\.evidence is undefined/,
    ],
    [{ ...good, time: "2026-01-01" }, /whose time is "2026-01-01", expected a valid Date/],
    [{ ...good, time: new Date(NaN) }, /whose time is a Date, expected a valid Date/],
    [{ ...good, time: null }, /whose time is null, /],
    [{ ...good, log: {} }, /whose log\.url is undefined, /],
    [{ ...good, log: { url: "https://log.example", index: 7 } }, /whose log\.index is 7, /],
  ] as [unknown, RegExp][]
) {
  test(`refuses what reads as ${expected.source}`, () => {
    const { code, message, hint } = refusal(returned);
    assert.equal(code, "invalid-option");
    assert.match(message, expected);
    assert.match(hint!, /throw a BlobberError with the code "signature-invalid"/);
    assert.match(hint!, /a verdict is an object with a "signer" and with "checks"/);
  });
}

test("says to who returns what crypto.subtle.verify answered that it does not say what was checked", () => {
  for (const answer of [true, false]) {
    assert.match(refusal(answer).hint!, new RegExp(`^${answer} does not say what was checked: `));
  }
});

test("names the demand that the verifier stands for", () => {
  assert.match(refusal(false, "rule 3").message, /^rule 3: the verifier returned false, /);
});
