/**
 * The digests of an image's tars, as its config states them (OCI image spec, config.md, "rootfs").
 *
 * @module
 */

import { asDigest, type Digest } from "../../digest.ts";
import { BlobberError } from "../../errors.ts";
import { MAX_CONFIG_BYTES } from "../../limits.ts";
import type { CallOptions, Source } from "../../store.ts";
import { type Manifest, MEDIA_TYPE } from "../../types.ts";
import { readChecked } from "../../checked_content.ts";
import { parseJson } from "../../json.ts";
import { counted } from "../../text/printable.ts";

/**
 * Reads them.
 *
 * @returns one for each layer, or `undefined` when the config is no image's or states none
 * @throws {BlobberError} `integrity`, `invalid-manifest` when they are not as many as the layers
 */
export async function readDiffIds(
  source: Source,
  manifest: Manifest,
  { signal }: CallOptions,
): Promise<Digest[] | undefined> {
  const { config, layers } = manifest;
  const { mediaType, digest, size } = config;
  if (mediaType !== MEDIA_TYPE.config && mediaType !== MEDIA_TYPE.dockerConfig) return undefined;
  const name = `config ${digest}`;
  const stream = await source.fetch(config, { signal });
  const bytes = await readChecked(stream, { size, digest, name }, MAX_CONFIG_BYTES);
  const json = parseJson(bytes, name) as { rootfs?: { diff_ids?: unknown } } | null;
  const stated = json?.rootfs?.diff_ids;
  if (!Array.isArray(stated)) return undefined;
  if (stated.length !== layers.length) {
    throw new BlobberError(
      "invalid-manifest",
      `the ${name} states ${
        counted(stated.length, "DiffID")
      }, expected ${layers.length}, one for each layer`,
    );
  }
  return stated.map((one) => asDigest(one, `DiffID in the ${name}`));
}
