/**
 * A timestamp authority (RFC 3161), whose tokens are signed in the way of CMS (RFC 5652).
 *
 * @module
 */

import {
  element,
  inside,
  integer,
  octetString,
  oid,
  readOne,
  sequence,
  TAG,
} from "../../../sigstore/encoding/der.ts";
import { FakeKey, sha256 } from "./keys.ts";
import {
  authority,
  certificateOf,
  extension,
  generalizedTime,
  identifiers,
  nameOf,
  toBeSigned,
  years,
} from "./x509.ts";

const SHA256 = sequence(oid("2.16.840.1.101.3.4.2.1"));
const TST_INFO = oid("1.2.840.113549.1.9.16.1.4");

/** The authority. */
export class FakeTsa {
  readonly #rootKey = new FakeKey("P-384");
  readonly key: FakeKey = new FakeKey("P-256");
  readonly root: Uint8Array<ArrayBuffer> = authority("fake-tsa-root", this.#rootKey);
  readonly #serial = new Uint8Array([0x11, 0x22, 0x33]);
  readonly certificate: Uint8Array<ArrayBuffer> = certificateOf(
    toBeSigned({
      subject: "fake-tsa",
      issuer: "fake-tsa-root",
      spki: this.key.spki,
      serial: this.#serial,
      extensions: [
        extension("2.5.29.15", element(TAG.bitString, new Uint8Array([7, 0x80])), true),
        extension("2.5.29.37", sequence(oid("1.3.6.1.5.5.7.3.8")), true),
        ...identifiers(this.key.spki, this.#rootKey),
      ],
      ...years(),
    }, this.#rootKey),
    this.#rootKey,
  );

  /** Answers a TimeStampReq. */
  answer(query: Uint8Array, now: Date = new Date()): Uint8Array<ArrayBuffer> {
    const parts = inside(readOne(query));
    const nonce = parts.slice(2).find((part) => part.tag === TAG.integer);
    return this.stamp(parts[1]!.raw, now, nonce?.raw);
  }

  /** A response with a token over a MessageImprint. */
  stamp(imprint: Uint8Array, now: Date, nonce?: Uint8Array): Uint8Array<ArrayBuffer> {
    const info = sequence(
      integer(1),
      oid("1.3.6.1.4.1.57264.2"),
      imprint,
      integer(crypto.getRandomValues(new Uint8Array(8))),
      generalizedTime(now),
      ...(nonce ? [nonce] : []),
    );
    const attributes = [
      attribute("1.2.840.113549.1.9.3", TST_INFO),
      attribute("1.2.840.113549.1.9.4", octetString(sha256(info))),
      // ESSCertIDv2 with the hash's default (RFC 5035, 4).
      attribute(
        "1.2.840.113549.1.9.16.2.47",
        sequence(sequence(sequence(octetString(sha256(this.certificate))))),
      ),
    ];
    const signerInfo = sequence(
      integer(1),
      sequence(nameOf("fake-tsa-root"), integer(this.#serial)),
      SHA256,
      element(0xa0, ...attributes),
      this.key.identifier,
      // RFC 5652, 5.4: signed as a SET OF, not under the tag that they are sent with.
      octetString(this.key.sign(element(TAG.set, ...attributes))),
    );
    const signedData = sequence(
      integer(3),
      element(TAG.set, SHA256),
      sequence(TST_INFO, element(0xa0, octetString(info))),
      element(0xa0, this.certificate),
      element(TAG.set, signerInfo),
    );
    const token = sequence(oid("1.2.840.113549.1.7.2"), element(0xa0, signedData));
    return sequence(sequence(integer(0)), token);
  }
}

function attribute(type: string, value: Uint8Array): Uint8Array<ArrayBuffer> {
  return sequence(oid(type), element(TAG.set, value));
}
