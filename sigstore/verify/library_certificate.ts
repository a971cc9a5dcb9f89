/**
 * Certificates as the library wants them, over their own bytes. The library writes a certificate anew for
 * each comparison and each signature check, which takes most of the time of a verification; the bytes that
 * were signed are at hand, and a trust root's certificates need to be read only once.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import core from "@sigstore/core/dist/index.js";
import { inside, readOne } from "../encoding/der.ts";
import { checkDer } from "../encoding/der_bounds.ts";
import type { TrustedAuthority } from "../trust/trust_root.ts";

/** A certificate that remembers what it was read from. */
export class LibraryCertificate extends core.X509Certificate {
  readonly #der: Buffer;
  readonly #signed: Buffer;
  readonly #verified = new Map<Buffer, boolean>();

  /**
   * @param der the certificate
   * @throws {BlobberError} `integrity` for one that would take the library long
   */
  constructor(der: Uint8Array) {
    // The library parses without a limit, and takes the square of an object identifier's length.
    checkDer(der);
    const bytes = Buffer.from(der);
    super(core.ASN1Obj.parseBuffer(bytes));
    this.#der = bytes;
    this.#signed = Buffer.from(inside(readOne(bytes))[0]!.raw);
  }

  override equals(other: core.X509Certificate): boolean {
    return other instanceof LibraryCertificate && this.#der.equals(other.#der);
  }

  /** Checked over the bytes that the issuer signed; the same pair needs no second check. */
  override verify(issuer?: core.X509Certificate): boolean {
    const by = issuer ?? this;
    if (!(by instanceof LibraryCertificate)) return super.verify(by);
    const known = this.#verified.get(by.#der);
    if (known !== undefined) return known;
    const key = core.crypto.createPublicKey(by.publicKey);
    const result = core.crypto.verify(
      this.#signed,
      key,
      this.signatureValue,
      this.signatureAlgorithm,
    );
    this.#verified.set(by.#der, result);
    return result;
  }
}

interface LibraryAuthority {
  certChain: LibraryCertificate[];
  validFor: TrustedAuthority["validFor"];
}

const authorities = new WeakMap<TrustedAuthority, LibraryAuthority>();

/** An authority as the library knows it, read once for each trust root. */
export function libraryAuthority(authority: TrustedAuthority): LibraryAuthority {
  let known = authorities.get(authority);
  if (known === undefined) {
    known = {
      certChain: authority.certificates.map((der) => new LibraryCertificate(der)),
      validFor: authority.validFor,
    };
    authorities.set(authority, known);
  }
  return known;
}
