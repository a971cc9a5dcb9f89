/**
 * Certificates for TLS servers of the tests: an authority of their own, and what it issues.
 *
 * @module
 */

import { element, sequence, TAG } from "../../sigstore/encoding/der.ts";
import type { KeyPair } from "./registry/http_server.ts";
import { FakeKey } from "./sigstore/keys.ts";
import {
  authority,
  certificateOf,
  extension,
  identifiers,
  toBeSigned,
  years,
} from "./sigstore/x509.ts";

/** What a server's certificate says. */
export interface ServerCertificateOptions {
  /** DNS names and IPv4 addresses. @default localhost, registry.test, 127.0.0.1 */
  names?: string[];
  /** @default ten years around now */
  period?: { notBefore: Date; notAfter: Date };
}

/** An authority that clients do not know by themselves. */
export class TestAuthority {
  /** Its certificate, PEM: what `caCerts` takes. */
  readonly pem: string;
  readonly #key = new FakeKey("P-256");
  readonly #name = `test authority ${crypto.randomUUID()}`;

  constructor() {
    this.pem = pem("CERTIFICATE", authority(this.#name, this.#key));
  }

  /** Issues a certificate for a server. */
  issue(options: ServerCertificateOptions = {}): KeyPair {
    const { names = NAMES, period = years() } = options;
    const key = new FakeKey("P-256");
    const tbs = toBeSigned({
      subject: names[0]!,
      issuer: this.#name,
      spki: key.spki,
      extensions: [
        // digitalSignature
        extension("2.5.29.15", element(TAG.bitString, new Uint8Array([7, 0x80])), true),
        extension("2.5.29.19", sequence(), true),
        extension("2.5.29.17", alternatives(names)),
        ...identifiers(key.spki, this.#key),
      ],
      ...period,
    }, this.#key);
    return {
      key: String(key.privateKey.export({ format: "pem", type: "pkcs8" })),
      cert: pem("CERTIFICATE", certificateOf(tbs, this.#key)),
    };
  }
}

/**
 * A certificate that is its own authority, as `openssl req -x509` makes it for small registries: a server's
 * names, and `CA:TRUE`.
 */
export function ownCertificate(options: ServerCertificateOptions = {}): KeyPair {
  const { names = NAMES, period = years() } = options;
  const key = new FakeKey("P-256");
  const extensions = [
    ...identifiers(key.spki, key),
    extension("2.5.29.19", sequence(element(TAG.boolean, new Uint8Array([0xff]))), true),
    extension("2.5.29.17", alternatives(names)),
  ];
  const common = names[0]!;
  const tbs = toBeSigned(
    { subject: common, issuer: common, spki: key.spki, extensions, ...period },
    key,
  );
  return {
    key: String(key.privateKey.export({ format: "pem", type: "pkcs8" })),
    cert: pem("CERTIFICATE", certificateOf(tbs, key)),
  };
}

const NAMES = ["localhost", "registry.test", "127.0.0.1"];

/** SubjectAltName (RFC 5280, 4.2.1.6). */
function alternatives(names: string[]): Uint8Array<ArrayBuffer> {
  return sequence(...names.map((name) => {
    const parts = name.split(".").map(Number);
    return parts.length === 4 && parts.every((part) => part >= 0 && part < 256)
      ? element(0x87, new Uint8Array(parts))
      : element(0x82, new TextEncoder().encode(name));
  }));
}

function pem(label: string, der: Uint8Array): string {
  const lines = btoa(String.fromCharCode(...der)).replace(/.{1,64}/g, "$&\n");
  return `-----BEGIN ${label}-----\n${lines}-----END ${label}-----\n`;
}
