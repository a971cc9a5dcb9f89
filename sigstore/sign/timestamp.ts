/**
 * Asks a timestamp authority when a signature existed (RFC 3161), and checks that the answer is about it.
 *
 * @module
 */

import { toBase64, toHex } from "@blobber/core/internal/bytes";
import { sha256 } from "../encoding/sha256.ts";
import {
  type DerNode,
  element,
  inside,
  integer,
  octetString,
  oid,
  readOne,
  sequence,
  TAG,
} from "../encoding/der.ts";
import { askService, type ServiceContext, serviceFailed, type ServiceRequest } from "../service.ts";

const SHA256 = sequence(oid("2.16.840.1.101.3.4.2.1"), element(TAG.null));
const SIGNED_DATA = oid("1.2.840.113549.1.7.2");
const TST_INFO = oid("1.2.840.113549.1.9.16.1.4");

/**
 * Gets a timestamp.
 *
 * @param context how to ask
 * @param url the authority's endpoint
 * @param signature what is stamped: the signature's bytes, of which only the digest is sent
 * @returns the whole response, DER, as a bundle holds it
 * @throws {BlobberError} `signing-service`
 */
export async function requestTimestamp(
  context: ServiceContext,
  url: string,
  signature: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  const digest = sha256(signature);
  const nonce = integer(crypto.getRandomValues(new Uint8Array(8)));
  const imprint = sequence(SHA256, octetString(digest));
  const request: ServiceRequest = {
    service: "the timestamp authority",
    url,
    headers: { "content-type": "application/timestamp-query" },
    // RFC 3161, 2.4.1: version, imprint, nonce, certReq.
    body: sequence(
      integer(1),
      imprint,
      nonce,
      element(TAG.boolean, new Uint8Array([0xff])),
    ),
  };
  const { bytes } = await askService(context, request);
  let info: DerNode[];
  try {
    const [status, token] = inside(readOne(bytes));
    const granted = inside(status)[0]!.content;
    // RFC 3161, 2.4.2: granted, or granted with modifications.
    if (granted.length !== 1 || granted[0]! > 1) {
      throw serviceFailed(request, `refused (status ${toHex(granted)})`);
    }
    info = tstInfo(token);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "signing-service") throw error;
    throw serviceFailed(request, "answered something else than a timestamp", error);
  }
  const [, , stamped, ...rest] = info;
  const same = (node: DerNode | undefined, expected: Uint8Array) =>
    node !== undefined && toBase64(node.raw) === toBase64(expected);
  const [, hash] = inside(stamped);
  if (!same(hash, octetString(digest))) {
    throw serviceFailed(request, "answered with a timestamp of something else than was sent");
  }
  // Behind serial number and time; the only other INTEGER there is none.
  if (!rest.slice(2).some((node) => same(node, nonce))) {
    throw serviceFailed(
      request,
      "answered with a timestamp that does not repeat the request's nonce",
    );
  }
  return bytes;
}

/** The TSTInfo inside a token (RFC 5652, 5.1 and 5.2; RFC 3161, 2.4.2). */
function tstInfo(token: DerNode | undefined): DerNode[] {
  const [type, holder] = inside(token);
  if (type === undefined || toHex(type.raw) !== toHex(SIGNED_DATA)) {
    throw new Error("no SignedData");
  }
  const signedData = inside(readOne(holder!.content));
  const [contentType, content] = inside(signedData[2]);
  if (contentType === undefined || toHex(contentType.raw) !== toHex(TST_INFO)) {
    throw new Error("no TSTInfo");
  }
  const octets = readOne(content!.content, TAG.octetString);
  return inside(readOne(octets.content));
}
