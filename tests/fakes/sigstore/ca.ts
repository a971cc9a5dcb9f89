/**
 * A certificate authority like Fulcio, with the certificate log that it asks for SCTs. Root and
 * intermediate are P-384 and leaves P-256, as the public ones are (deno#36309).
 *
 * @module
 */

import { concat } from "../../../lib/bytes.ts";
import { element, octetString, oid, sequence, TAG } from "../../../sigstore/encoding/der.ts";
import { FakeKey, sha256 } from "./keys.ts";
import {
  authority,
  type CertificateFields,
  certificateOf,
  extension,
  identifiers,
  toBeSigned,
  utf8String,
} from "./x509.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
/** Below this, Fulcio's extensions (fulcio, docs/oid-info.md). */
const FULCIO = "1.3.6.1.4.1.57264.1";
const SCT = "1.3.6.1.4.1.11129.2.4.2";

/** A name that a certificate is for. */
export type San = { email: string } | { uri: string };

/** What a leaf is to say; what is left out is what Fulcio would write. */
export interface LeafOptions {
  spki: Uint8Array;
  /** One name in a right certificate. */
  names: San[];
  /** The issuer in the old extension, and in the new one. */
  issuer?: string;
  issuerV2?: string;
  /** Further extensions of Fulcio by their last arc: 8 to 23 are DER strings, 2 to 6 raw bytes. */
  claims?: Record<number, string>;
  notBefore?: Date;
  notAfter?: Date;
  /** Whether it may issue certificates itself. @default false */
  authority?: boolean;
  /** Whether a certificate log has seen it. @default true */
  sct?: boolean;
  /** The time that the SCT says. @default `notBefore` */
  sctTime?: Date;
}

/** The authority. */
export class FakeCa {
  readonly rootKey: FakeKey = new FakeKey("P-384");
  readonly key: FakeKey = new FakeKey("P-384");
  /** The key of the certificate log. */
  readonly ctKey: FakeKey = new FakeKey("P-256");
  readonly root: Uint8Array<ArrayBuffer> = authority("fake-root", this.rootKey);
  readonly intermediate: Uint8Array<ArrayBuffer> = authority("fake-intermediate", this.key, {
    common: "fake-root",
    key: this.rootKey,
    pathLength: 0,
  });

  /** Issues a leaf, DER. */
  issue(options: LeafOptions): Uint8Array<ArrayBuffer> {
    const { notBefore = new Date(Date.now() - 1000), sct = true } = options;
    const fields = (more: Uint8Array[]): CertificateFields => ({
      subject: "",
      issuer: "fake-intermediate",
      spki: options.spki,
      notBefore,
      notAfter: options.notAfter ?? new Date(notBefore.getTime() + 600_000),
      extensions: [...this.#extensions(options), ...more],
      serial,
    });
    const serial = concat(new Uint8Array([1]), crypto.getRandomValues(new Uint8Array(15)));
    const tbs = toBeSigned(fields([]), this.key);
    if (!sct) return certificateOf(tbs, this.key);
    const list = this.#sctList(tbs, options.sctTime ?? notBefore);
    return certificateOf(
      toBeSigned(fields([extension(SCT, octetString(list))]), this.key),
      this.key,
    );
  }

  #extensions(options: LeafOptions): Uint8Array[] {
    const { issuer, issuerV2 = issuer, claims = {} } = options;
    const names = options.names.map((name) =>
      "email" in name ? element(0x81, utf8(name.email)) : element(0x86, utf8(name.uri))
    );
    return [
      // digitalSignature; codeSigning
      extension("2.5.29.15", element(TAG.bitString, new Uint8Array([7, 0x80])), true),
      extension("2.5.29.37", sequence(oid("1.3.6.1.5.5.7.3.3"))),
      ...identifiers(options.spki, this.key),
      ...(options.authority
        ? [
          extension(
            "2.5.29.19",
            sequence(element(TAG.boolean, new Uint8Array([0xff]))),
            true,
          ),
        ]
        : []),
      ...(names.length > 0 ? [extension("2.5.29.17", sequence(...names), true)] : []),
      ...(issuer === undefined ? [] : [extension(`${FULCIO}.1`, utf8(issuer))]),
      ...(issuerV2 === undefined ? [] : [extension(`${FULCIO}.8`, utf8String(issuerV2))]),
      ...Object.entries(claims).map(([arc, value]) =>
        extension(`${FULCIO}.${arc}`, Number(arc) < 8 ? utf8(value) : utf8String(value))
      ),
    ];
  }

  /** A list with one SCT for a precertificate (RFC 6962, 3.2 and 3.3). */
  #sctList(tbs: Uint8Array, time: Date): Uint8Array<ArrayBuffer> {
    const stamp = numberBytes(time.getTime(), 8);
    const signature = this.ctKey.sign(concat(
      new Uint8Array([0, 0]),
      stamp,
      new Uint8Array([0, 1]),
      sha256(this.key.spki),
      numberBytes(tbs.length, 3),
      tbs,
      new Uint8Array([0, 0]),
    ));
    const sct = concat(
      new Uint8Array([0]),
      sha256(this.ctKey.spki),
      stamp,
      // No extensions; SHA-256 with ECDSA (RFC 5246, 7.4.1.4.1).
      new Uint8Array([0, 0, 4, 3]),
      numberBytes(signature.length, 2),
      signature,
    );
    return concat(numberBytes(sct.length + 2, 2), numberBytes(sct.length, 2), sct);
  }
}

/** As Go's `url.URL` escapes a path: extensions keep what the name of a URI cannot hold. */
function escapedPath(path: string): string {
  return encodeURI(path).replaceAll("#", "%23").replaceAll("?", "%3F");
}

/** The names and extensions that Fulcio makes of a token's claims. */
export function leafOf(claims: Record<string, unknown>, spki: Uint8Array): LeafOptions {
  const text = (key: string) => String(claims[key] ?? "");
  const issuer = text("iss");
  if (claims.email !== undefined) return { spki, issuer, names: [{ email: text("email") }] };
  if (claims.job_workflow_ref === undefined) {
    return { spki, issuer, names: [{ uri: text("sub") }] };
  }
  const github = "https://github.com";
  return {
    spki,
    issuer,
    names: [{ uri: `${github}/${escapedPath(text("job_workflow_ref"))}` }],
    claims: {
      2: text("event_name"),
      3: text("sha"),
      4: text("workflow"),
      5: text("repository"),
      6: text("ref"),
      9: `${github}/${text("job_workflow_ref")}`,
      10: text("job_workflow_sha"),
      11: text("runner_environment"),
      12: `${github}/${text("repository")}`,
      13: text("sha"),
      14: text("ref"),
      15: text("repository_id"),
      16: `${github}/${text("repository_owner")}`,
      17: text("repository_owner_id"),
      18: `${github}/${text("workflow_ref")}`,
      19: text("workflow_sha"),
      20: text("event_name"),
      21: `${github}/${text("repository")}/actions/runs/${text("run_id")}/attempts/1`,
      22: text("repository_visibility"),
    },
  };
}

/** A number in so many octets, big-endian. */
function numberBytes(value: number, octets: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(octets);
  for (let i = octets - 1, rest = value; i >= 0; i--, rest = Math.floor(rest / 256)) {
    bytes[i] = rest % 256;
  }
  return bytes;
}
