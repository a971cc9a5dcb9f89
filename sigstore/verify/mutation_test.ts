// Every field of a good bundle of each kind, changed one at a time, and none accepted.

import { test } from "node:test";
import assert from "node:assert/strict";
import { fromBase64, toBase64 } from "@blobber/core/internal/bytes";
import { isBlobberError } from "@blobber/core";
import { type Json, type Kind, KINDS, MANIFEST, stored } from "../../tests/fakes/bundles.ts";
import { key, make, pemOf, policyFor, trust, useSigstore } from "../../tests/fakes/verification.ts";
import { inside, readOne } from "../encoding/der.ts";
import { createVerifier } from "./verifier.ts";

useSigstore();

/** Bytes of each base64 field that are changed; a divisor of one changes every byte. */
const BYTES_PER_FIELD = 12;
const ACCEPTED = [
  // A bundle may carry the trust root's own intermediate, and may as well not.
  /^\.verificationMaterial\.x509CertificateChain\.certificates(\[1\])? without/,
  // A hint says which key to try first, and the key that was given is tried all the same.
  /^\.verificationMaterial\.publicKey (as \{\}$)/,
  /^\.verificationMaterial\.publicKey\.hint (without|with|in another case|as (null|""|"x")$)/,
];

/** Whether two timestamps differ in the certificates that they carry, and in nothing else. */
function differInCertificates(mine: Json, good: Json): boolean {
  const stamp = ({ verificationMaterial }: Json): unknown =>
    verificationMaterial?.timestampVerificationData?.rfc3161Timestamps?.[0]?.signedTimestamp;
  const parts = (bundle: Json): Uint8Array[] | undefined => {
    const text = stamp(bundle);
    const bytes = typeof text === "string" ? fromBase64(text) : undefined;
    if (bytes === undefined || toBase64(bytes) !== text) return undefined;
    try {
      const [status, token] = inside(readOne(bytes));
      const signedData = inside(readOne(inside(token)[1]!.content));
      return [status!, ...signedData.filter(({ tag }) => tag !== 0xa0)].map(({ raw }) => raw);
    } catch {
      return undefined;
    }
  };
  const [one, other] = [parts(mine), parts(good)];
  return one !== undefined && stamp(mine) !== stamp(good) && one.join(" ") === other?.join(" ");
}

interface Mutation {
  name: string;
  bundle: Json;
}

/** Every mutation of a value inside a bundle, as whole bundles. */
function* mutations(bundle: Json, value: Json, path: (string | number)[]): Generator<Mutation> {
  const name = path.map((step) => typeof step === "number" ? `[${step}]` : `.${step}`).join("");
  const changed = (
    how: string,
    change: (parent: Json, last: string | number) => void,
  ): Mutation => {
    const copy = structuredClone(bundle);
    const parent = path.slice(0, -1).reduce((inner, step) => inner[step], copy);
    change(parent, path.at(-1)!);
    return { name: `${name} ${how}`, bundle: copy };
  };
  const becomes = (how: string, to: Json) => changed(how, (parent, last) => parent[last] = to);

  if (path.length > 0) {
    yield changed("without it", (parent, last) => {
      if (Array.isArray(parent)) parent.splice(last as number, 1);
      else delete parent[last];
    });
    for (const to of [null, 0, true, "", "x", [], {}, [null], { x: 1 }]) {
      if (JSON.stringify(to) === JSON.stringify(value)) continue;
      yield becomes(`as ${JSON.stringify(to)}`, to);
    }
  }
  if (Array.isArray(value)) {
    if (value.length > 0) yield becomes("with its first entry twice", [value[0], ...value]);
    if (value.length > 1) yield becomes("reversed", [...value].reverse());
    for (const [index, inner] of value.entries()) yield* mutations(bundle, inner, [...path, index]);
  } else if (typeof value === "object" && value !== null) {
    if (path.length > 0) yield becomes("with a field more", { ...value, more: 1 });
    for (const field of Object.keys(value)) {
      yield* mutations(bundle, value[field], [...path, field]);
    }
  } else if (typeof value === "string") {
    yield* stringMutations(value, becomes);
  }
}

function* stringMutations(
  value: string,
  becomes: (how: string, to: Json) => Mutation,
): Generator<Mutation> {
  yield becomes("with a character more", `${value}x`);
  yield becomes("with a space before", ` ${value}`);
  yield becomes("with a line feed behind", `${value}\n`);
  yield becomes("with a character less", value.slice(0, -1));
  const swapped = value.replace(
    /[a-z]/i,
    (c) => c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase(),
  );
  if (swapped !== value) yield becomes("in another case", swapped);
  if (/^\d+$/.test(value)) {
    for (const to of [BigInt(value) + 1n, BigInt(value) - 1n, -1n, 2n ** 63n]) {
      yield becomes(`as ${to}`, String(to));
    }
    yield becomes("as a number", Number(value));
    yield becomes("with a zero before", `0${value}`);
  }
  const bytes = fromBase64(value);
  if (bytes === undefined || toBase64(bytes) !== value) return;
  const step = Math.max(1, Math.floor(bytes.length / BYTES_PER_FIELD));
  for (let at = 0; at < bytes.length; at += step) {
    const other = bytes.slice();
    other[at]! ^= 1 << (at % 8);
    yield becomes(`with bit ${at % 8} of byte ${at} turned`, toBase64(other));
  }
  yield becomes("with a byte more", toBase64(new Uint8Array([...bytes, 0])));
  yield becomes("with a byte less", toBase64(bytes.subarray(0, -1)) || "AA==");
}

for (const kind of KINDS) {
  test(`CVE-2026-22703: no change of a good bundle is accepted: ${kind}`, async () => {
    const verifier = createVerifier(strict(kind));
    const good = make(kind);
    await verifier.verify(MANIFEST, stored(good));
    let count = 0;
    for (const { name, bundle } of mutations(good, good, [])) {
      if (ACCEPTED.some((one) => one.test(name)) || differInCertificates(bundle, good)) continue;
      count++;
      let accepted = false;
      try {
        // Stored under the type that the good bundle has, as a registry would give it.
        await verifier.verify(MANIFEST, { ...stored(bundle), mediaType: good.mediaType });
        accepted = true;
      } catch (error) {
        assert.ok(
          isBlobberError(error, "signature-invalid", "identity-mismatch"),
          `${name}: ${(error as Error).stack}`,
        );
      }
      assert.ok(!accepted, `accepted: ${name}`);
    }
    assert.ok(count > 100, `${count} mutations`);
  });
}

/** What a key's bundle carries is optional unless it is demanded. */
function strict(kind: Kind): ReturnType<typeof policyFor> {
  return kind === "v0.3 statement, key"
    ? { signers: [{ key: pemOf(key) }], trust, requireLog: true }
    : policyFor(kind);
}
