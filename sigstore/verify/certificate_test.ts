import { test } from "node:test";
import assert from "node:assert/strict";
import { concat } from "@blobber/core/internal/bytes";
import { FakeKey } from "../../tests/fakes/sigstore/keys.ts";
import {
  certificateOf,
  extension,
  toBeSigned,
  utf8String,
} from "../../tests/fakes/sigstore/x509.ts";
import { readCertificate } from "./certificate.ts";
import { bitString, element, integer, octetString, oid, sequence, TAG } from "../encoding/der.ts";

const key = new FakeKey("P-256");
const utf8 = (text: string) => new TextEncoder().encode(text);
const usage = (bits: number) =>
  extension("2.5.29.15", element(TAG.bitString, new Uint8Array([0, bits])), true);
const purpose = (...ids: string[]) => extension("2.5.29.37", sequence(...ids.map((id) => oid(id))));
const CODE_SIGNING = "1.3.6.1.5.5.7.3.3";
const RIGHT = {
  usage: usage(0x80),
  purpose: purpose(CODE_SIGNING),
  name: extension("2.5.29.17", sequence(element(0x81, utf8("dev@example.com"))), true),
  issuer: extension("1.3.6.1.4.1.57264.1.8", utf8String("https://issuer.test")),
};

/** A certificate with these extensions. */
function certificate(extensions: Uint8Array[], spki = key.spki): Uint8Array {
  const period = {
    notBefore: new Date("2026-01-02T03:04:05Z"),
    notAfter: new Date("2026-01-02T03:14:05Z"),
  };
  return certificateOf(
    toBeSigned({ subject: "", issuer: "fake", spki, extensions, ...period }, key),
    key,
  );
}
const withChanges = (
  changes: Partial<Record<keyof typeof RIGHT, Uint8Array>>,
  ...more: Uint8Array[]
) => certificate([...Object.values({ ...RIGHT, ...changes }), ...more]);
const refused = (der: Uint8Array, message: RegExp) =>
  assert.throws(() => readCertificate(der), {
    name: "BlobberError",
    code: "signature-invalid",
    message,
  });

test("a right certificate says who, by whose word, and when", () => {
  const { subject, issuer, notBefore, notAfter } = readCertificate(withChanges({}));
  assert.equal(subject, "dev@example.com");
  assert.equal(issuer, "https://issuer.test");
  assert.equal(notBefore.toISOString(), "2026-01-02T03:04:05.000Z");
  assert.equal(notAfter.toISOString(), "2026-01-02T03:14:05.000Z");
});

test("a certificate that is not for signing code is refused", () => {
  refused(withChanges({ usage: usage(0x20) }), /not for digital signatures/);
  refused(withChanges({ purpose: purpose("1.3.6.1.5.5.7.3.1") }), /not for signing code/);
  refused(certificate([RIGHT.usage, RIGHT.name, RIGHT.issuer]), /not for signing code/);
  refused(certificate([RIGHT.purpose, RIGHT.name, RIGHT.issuer]), /not for digital signatures/);
  readCertificate(withChanges({ purpose: purpose("1.3.6.1.5.5.7.3.1", CODE_SIGNING) }));
});

test("an authority's own certificate is refused", () => {
  const yes = sequence(element(TAG.boolean, new Uint8Array([0xff])));
  refused(withChanges({}, extension("2.5.29.19", yes, true)), /an authority's/);
  readCertificate(withChanges({}, extension("2.5.29.19", sequence(), true)));
});

test("an extension given twice is refused, whichever of the two another reader would take", () => {
  for (const one of Object.values(RIGHT)) refused(withChanges({}, one), /twice/);
});

test("a critical extension that is not understood is refused", () => {
  refused(withChanges({}, extension("1.2.3", sequence(), true)), /critical extension 1\.2\.3/);
  readCertificate(withChanges({}, extension("1.2.3", sequence())));
});

test("a user name of Fulcio's own kind is a subject, other names are not", () => {
  const other = (type: string, text: string) =>
    extension(
      "2.5.29.17",
      sequence(element(0xa0, oid(type), element(0xa0, utf8String(text)))),
      true,
    );
  const fulcio = "1.3.6.1.4.1.57264.1.7";
  assert.equal(
    readCertificate(withChanges({ name: other(fulcio, "dev!issuer.test") })).subject,
    "dev!issuer.test",
  );
  refused(
    withChanges({ name: other(fulcio, "dev@example.com") }),
    /not a mail address, URI or user name/,
  );
  refused(withChanges({ name: other(fulcio, "https://github.com/a") }), /not a mail address/);
  refused(withChanges({ name: other("1.2.3", "dev!issuer.test") }), /not a mail address/);
  const dns = extension("2.5.29.17", sequence(element(0x82, utf8("example.com"))), true);
  refused(withChanges({ name: dns }), /not a mail address/);
});

test("a weak key is refused", () => {
  const spki = sequence(
    sequence(oid("1.2.840.10045.2.1"), oid("1.3.132.0.10")),
    element(TAG.bitString, new Uint8Array(66)),
  );
  refused(certificate(Object.values(RIGHT), spki), /cannot be read|key/);
});

test("sigstore-js 04ea25a: what is no certificate is refused with a typed error", () => {
  const good = withChanges({});
  const inputs = [
    new Uint8Array(),
    new Uint8Array([0x30]),
    new Uint8Array([0x30, 0x80, 0, 0]),
    good.subarray(0, -1),
    concat(good, new Uint8Array([0])),
    // Nesting without end, lengths beyond the input and not minimal, long tags.
    new Uint8Array(100_000).fill(0x30),
    new Uint8Array([0x30, 0x84, 0xff, 0xff, 0xff, 0xff]),
    new Uint8Array([0x30, 0x81, 0x02, 0x05, 0x00]),
    new Uint8Array([0x3f, 0x81, 0x00]),
  ];
  for (const input of inputs) refused(input, /./);
  for (let at = 0; at < good.length; at++) {
    const changed = good.slice();
    changed[at]! ^= 0x55;
    try {
      readCertificate(changed);
    } catch (error) {
      assert.equal((error as { code?: string }).code, "signature-invalid", `byte ${at}: ${error}`);
    }
  }
});

test("long-oid: a certificate with an object identifier without end is refused by its length", () => {
  const long = (bytes: number) =>
    sequence(
      element(TAG.oid, new Uint8Array(bytes).fill(0x81), new Uint8Array([1])),
      octetString(sequence()),
    );
  refused(withChanges({}, long(1000)), /an object identifier of 1001 bytes/);
  refused(withChanges({}, long(60_000)), /an object identifier of 60001 bytes/);
  refused(withChanges({}, long(1_000_000)), /bytes, expected at most 65536/);
  // Inside a value, where only the library would meet it.
  const inner = extension("1.2.3", sequence(sequence(long(1000))));
  refused(withChanges({}, inner), /an object identifier of 1001 bytes/);
});

test("long-oid: a certificate whose RSA key is enormous is refused before a signature is checked with it", () => {
  const spki = (modulus: number, exponent: number) =>
    sequence(
      sequence(oid("1.2.840.113549.1.1.1"), element(TAG.null)),
      bitString(
        sequence(
          integer(new Uint8Array(modulus).fill(0xff)),
          integer(new Uint8Array(exponent).fill(0xff)),
        ),
      ),
    );
  const right = Object.values(RIGHT);
  refused(certificate(right, spki(50_000, 3)), /400000 bits, expected at most 16384/);
  refused(certificate(right, spki(256, 1000)), /exponent has 8000 bits/);
});

test("long-oid: extensions and names without number are refused, or cost what their bytes cost", () => {
  const many = Array.from({ length: 3000 }, (_, i) => extension(`1.2.3.${i}`, sequence()));
  refused(withChanges({}, ...many), /elements/);
  const names = Array.from({ length: 1000 }, () => element(0x81, utf8("dev@example.com")));
  const name = extension("2.5.29.17", sequence(...names), true);
  refused(withChanges({ name }), /1000 subjects, expected one/);
});
