import assert from "node:assert/strict";
import type { SignerIdentity } from "@blobber/core";
import { signedBy } from "./verdict.ts";

const PERSON: SignerIdentity = {
  kind: "certificate",
  subject: "release@acme.example",
  issuer: "https://accounts.google.com",
  claims: {},
};
const KEY: SignerIdentity = { kind: "key", fingerprint: "SHA256:00ff" };
const TIME = new Date("2026-11-27T09:14:37.250Z");

Deno.test("a signer is named, with the time that is verified and no other", () => {
  const verdict = { checks: [] };
  assert.equal(
    signedBy({ ...verdict, signer: PERSON, time: TIME }),
    "Signed by release@acme.example (https://accounts.google.com) at 2026-11-27 09:14 UTC",
  );
  assert.equal(
    signedBy({ ...verdict, signer: PERSON }),
    "Signed by release@acme.example (https://accounts.google.com)",
  );
  assert.equal(signedBy({ ...verdict, signer: KEY }), "Signed with the key SHA256:00ff");
  // A signature by a key may be older than its timestamp, and is not younger.
  assert.equal(
    signedBy({ ...verdict, signer: KEY, time: TIME }),
    "Signed with the key SHA256:00ff, not later than 2026-11-27 09:14:38 UTC",
  );
});

Deno.test("what a certificate says cannot control the terminal", () => {
  const signer = { ...PERSON, subject: "a\x1b[2J\nSigned by b" };
  assert.doesNotMatch(signedBy({ checks: [], signer }), /\p{Cc}/u);
});
