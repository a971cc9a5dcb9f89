/**
 * Reads manifests straight from a registry, without blobber, to see what really stands there.
 *
 * @module
 */

import assert from "node:assert/strict";
import { sha256 } from "./fronts.ts";

const ACCEPT = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** What a descriptor says. */
export interface Described {
  mediaType: string;
  digest: string;
  size: number;
  annotations?: Record<string, string>;
}

/** A manifest as it stands in a registry. */
export interface StoredManifest {
  mediaType: string;
  config: Described;
  layers: Described[];
  annotations?: Record<string, string>;
}

/** Asks without credentials, with a token if even that needs one. */
async function get(url: string, headers: Record<string, string> = {}): Promise<Response> {
  const response = await fetch(url, { headers });
  const challenge = response.headers.get("www-authenticate") ?? "";
  const parameter = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1];
  const realm = parameter("realm");
  if (response.status !== 401 || !/^bearer /i.test(challenge) || realm === undefined) {
    return response;
  }
  await response.body?.cancel();
  const query = new URLSearchParams({ service: parameter("service") ?? "" });
  query.set("scope", parameter("scope") ?? "*");
  const { token } = await (await fetch(`${realm}?${query}`)).json();
  return await fetch(url, { headers: { ...headers, authorization: `Bearer ${token}` } });
}

/** The manifest that a tag or digest names. */
export async function manifestOf(
  host: string,
  repository: string,
  name: string,
): Promise<StoredManifest> {
  const url = `http://${host}/v2/${repository}/manifests/${name}`;
  const response = await get(url, { accept: ACCEPT });
  assert.equal(response.status, 200, url);
  return await response.json();
}

/** The layers of the manifest that a tag or digest names. */
export async function layersOf(
  host: string,
  repository: string,
  name: string,
): Promise<Described[]> {
  return (await manifestOf(host, repository, name)).layers;
}

/** A blob, whose digest is checked. */
export async function blobOf(
  host: string,
  repository: string,
  digest: string,
): Promise<Uint8Array> {
  const response = await get(`http://${host}/v2/${repository}/blobs/${digest}`);
  assert.equal(response.status, 200, digest);
  const bytes = await response.bytes();
  assert.equal(sha256(bytes), digest);
  return bytes;
}
