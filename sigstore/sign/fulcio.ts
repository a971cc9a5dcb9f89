/**
 * Asks the certificate authority to put the identity of a token and a public key into a certificate
 * (Fulcio, `POST /api/v2/signingCert`), and checks that the certificate says that and nothing else.
 *
 * @module
 */

import { X509Certificate } from "node:crypto";
import { toBase64 } from "@blobber/core/internal/bytes";
import { BlobberError, isBlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/internal/printable";
import { readPem } from "../encoding/pem.ts";
import { dotted, inside, readOne, TAG } from "../encoding/der.ts";
import { checkDer } from "../encoding/der_bounds.ts";
import {
  askService,
  jsonOf,
  type ServiceContext,
  serviceFailed,
  type ServiceRequest,
} from "../service.ts";
import { isObject } from "@blobber/core/internal/json";
import { publicKeyPem, type SigningKey } from "../keys/signing_key.ts";
import type { IdentityToken } from "../tokens/token.ts";
import { uriForm } from "../encoding/uri_form.ts";

/** OIDs of Fulcio's certificate extensions (fulcio, docs/oid-info.md) and of the SCT list (RFC 6962, 3.3). */
const OID = {
  issuerV1: "1.3.6.1.4.1.57264.1.1",
  issuerV2: "1.3.6.1.4.1.57264.1.8",
  sct: "1.3.6.1.4.1.11129.2.4.2",
} as const;

/** What the authority issued. */
export interface IssuedCertificate {
  /** The leaf, DER. */
  certificate: Uint8Array<ArrayBuffer>;
  /** Whether it carries proof that a certificate log has seen it; most verifiers demand one. */
  hasSct: boolean;
}

/**
 * Gets a certificate for a key.
 *
 * @param context how to ask
 * @param fulcioUrl base URL of the authority
 * @param who asks, by its token, and the key, which signs the token's subject as proof that it is held
 * @throws {BlobberError} `signing-service`; `unauthorized` when the token is refused
 */
export async function requestCertificate(
  context: ServiceContext,
  fulcioUrl: string,
  { token, key }: { token: IdentityToken; key: SigningKey },
): Promise<IssuedCertificate> {
  const proof = await key.sign(new TextEncoder().encode(token.email ?? token.subject));
  const request: ServiceRequest = {
    service: "Fulcio",
    url: `${fulcioUrl}/api/v2/signingCert`,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      credentials: { oidcIdentityToken: token.raw },
      publicKeyRequest: {
        publicKey: { algorithm: "ECDSA", content: publicKeyPem(key) },
        proofOfPossession: toBase64(proof),
      },
    }),
    secrets: [token.raw],
  };
  let answer;
  try {
    answer = await askService(context, request);
  } catch (error) {
    if (error instanceof BlobberError && /answered 40[013]/.test(error.message)) {
      throw new BlobberError("signing-service", error.message, {
        cause: error.cause,
        hint:
          `the token is of ${quote(token.issuer)} for ${token.audience.map(quote).join(", ")}; ` +
          "Fulcio takes fresh tokens of issuers that it knows: get a new one, or sign with a key of your own",
      });
    }
    throw error;
  }
  const body = jsonOf(request, answer);
  const holder = body.signedCertificateEmbeddedSct ?? body.signedCertificateDetachedSct;
  const chain = isObject(holder) && isObject(holder.chain) ? holder.chain.certificates : undefined;
  const leaf: unknown = Array.isArray(chain) ? chain[0] : undefined;
  const certificate = typeof leaf === "string" ? readPem(leaf)[0]?.der : undefined;
  if (certificate === undefined) throw serviceFailed(request, "answered without a certificate");
  try {
    const extensions = extensionsOf(certificate);
    checkCertificate(request, { certificate, extensions }, { token, key });
    return { certificate, hasSct: extensions.has(OID.sct) };
  } catch (error) {
    if (isBlobberError(error, "signing-service")) throw error;
    throw serviceFailed(request, "answered with a certificate that cannot be read", error);
  }
}

/** What came back must be for the key and the identity that were sent. */
function checkCertificate(
  request: ServiceRequest,
  { certificate, extensions }: {
    certificate: Uint8Array<ArrayBuffer>;
    extensions: Map<string, Uint8Array>;
  },
  { token, key }: { token: IdentityToken; key: SigningKey },
): void {
  const wrong = (what: string) => serviceFailed(request, `answered with a certificate ${what}`);
  const { publicKey } = new X509Certificate(certificate);
  const spki = publicKey.export({ format: "der", type: "spki" });
  if (toBase64(spki) !== toBase64(key.publicKey)) throw wrong("for another key");

  const utf8 = new TextDecoder();
  const v1 = extensions.get(OID.issuerV1);
  const v2 = extensions.get(OID.issuerV2);
  const issuers = [
    ...(v1 ? [utf8.decode(v1)] : []),
    ...(v2 ? [utf8.decode(readOne(v2, TAG.utf8String).content)] : []),
  ];
  if (issuers.length === 0) throw wrong("that names no issuer");
  for (const issuer of issuers) {
    if (issuer !== token.certifiedIssuer) {
      throw wrong(`of the issuer ${quote(issuer)}, expected ${quote(token.certifiedIssuer)}`);
    }
  }
  const names = inside(readOne(extensions.get("2.5.29.17") ?? new Uint8Array()));
  const name = names[0];
  if (name === undefined || names.length !== 1) throw wrong("that does not have exactly one name");
  const subject = utf8.decode(name.content);
  // RFC 5280, 4.2.1.6: [1] is an e-mail address, [6] a URI.
  const expected = token.email ?? token.workflow;
  const matches = token.email !== undefined
    ? name.tag === 0x81 && subject === token.email
    : token.workflow === undefined || (name.tag === 0x86 && endsIn(subject, token.workflow));
  if (!matches) throw wrong(`for ${quote(subject)}, expected ${quote(expected ?? "")}`);
}

/**
 * Whether a URI ends in a path that a token names. Names of files and refs stand in the token as they are, and
 * escaped in the URI; "%41" in a name is taken for an escape by some and for three characters by others.
 */
function endsIn(uri: string, path: string): boolean {
  const form = uriForm(uri);
  return [path, path.replaceAll("%", "%25")].some((one) => form.endsWith(uriForm(`/${one}`)));
}

/** The extensions of a certificate by OID (RFC 5280, 4.1). */
function extensionsOf(certificate: Uint8Array): Map<string, Uint8Array> {
  checkDer(certificate);
  const [tbs] = inside(readOne(certificate));
  const holder = inside(tbs).find((node) => node.tag === 0xa3);
  const list = holder === undefined ? [] : inside(readOne(holder.content));
  return new Map(list.map((extension) => {
    const parts = inside(extension);
    return [dotted(parts[0]!.content), parts.at(-1)!.content];
  }));
}
