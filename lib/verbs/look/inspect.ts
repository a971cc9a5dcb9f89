/**
 * The verb `inspect`: what an artifact is, by its manifest, its config and the tables of its layers. Nothing of its
 * contents is downloaded.
 *
 * @module
 */

import { formatOf } from "../../archive/read/layer_kind.ts";
import { isIndex } from "../../artifact/manifest.ts";
import { isDigest } from "../../digest.ts";
import type {
  InspectedConfig,
  InspectedLayer,
  InspectOptions,
  InspectResult,
  ReferrerCounts,
  TreeNode,
} from "../../looking.ts";
import type { Source } from "../../store.ts";
import {
  ANNOTATION,
  type Descriptor,
  type Document,
  type Index,
  type Manifest,
} from "../../types.ts";
import type { ResolveOptions } from "../resolve.ts";
import { type ConfigFound, readConfig } from "./config_summary.ts";
import { countFiles, type FilesFound } from "./count_files.ts";
import { lookAt, verdictsIn } from "./look_at.ts";
import { walkReferrers } from "./referrer_walk.ts";

/** What `inspect` takes, with the name under which the artifact is asked for. */
export type InspectSettings = ResolveOptions & Pick<InspectOptions, "maxEntries"> & {
  /** Where tags are looked for that name the same digest: the store that no cache stands in front of. */
  tagsOf?: Source | undefined;
};

/**
 * Describes an artifact.
 *
 * @param source where it is
 * @param selector names it
 * @throws {BlobberError} `not-found`, `integrity`, `invalid-archive` and `limit` for tables, and what verification
 * says
 */
export async function inspectArtifact(
  source: Source,
  selector: string,
  options: InspectSettings,
): Promise<InspectResult> {
  const { signal } = options;
  const looked = await lookAt(source, selector, options);
  const { root, document } = looked;
  const { value, descriptor } = document;
  const manifest = isIndex(document) ? undefined : document as Document<Manifest>;
  const [config, found, walked, tags] = await together([
    manifest && readConfig(source, manifest.value.config, { signal }),
    manifest && countFiles(source, manifest, options),
    walkReferrers(source, document, { signal, generations: 1 }),
    options.tagsOf && tagsNaming(options.tagsOf, root.descriptor, options),
  ]);
  const tree = value.annotations?.[ANNOTATION.treeDigest];
  const created = value.annotations?.[ANNOTATION.created] || config?.created;
  const { mediaType, digest, size } = descriptor;
  return {
    kind: manifest === undefined ? "index" : "manifest",
    digest,
    mediaType,
    size,
    named: { ...root.descriptor },
    ...value.artifactType && { artifactType: value.artifactType },
    ...created && { created },
    ...config?.platform && { platform: config.platform },
    ...manifest && { config: configOf(manifest.value.config, config) },
    layers: manifest?.value.layers.map((layer, i) => layerOf(layer, found?.layers[i])) ?? [],
    manifests: (document as Document<Index>).value.manifests ?? [],
    ...found?.whole && { files: found.whole },
    ...isDigest(tree) && { tree },
    annotations: { ...value.annotations },
    ...value.subject && { subject: value.subject },
    ...verdictsIn(looked),
    referrers: countsOf(walked!.root),
    ...tags && { tags },
  };
}

/** Waits for all, and only then throws what the first of them fails with: nothing goes on behind its back. */
async function together<T extends readonly unknown[]>(
  work: readonly [...{ [K in keyof T]: T[K] | Promise<T[K]> }],
): Promise<T> {
  const settled = await Promise.allSettled(work);
  const failed = settled.find((one) => one.status === "rejected");
  if (failed !== undefined) throw (failed as PromiseRejectedResult).reason;
  return settled.map((one) => (one as PromiseFulfilledResult<unknown>).value) as unknown as T;
}

async function tagsNaming(
  source: Source,
  descriptor: Descriptor,
  { signal }: InspectSettings,
): Promise<InspectResult["tags"]> {
  const { tagsOf } = await import("./tags_of.ts");
  return await tagsOf(source, descriptor.digest, { signal });
}

function configOf(config: Descriptor, found: ConfigFound | undefined): InspectedConfig {
  return { ...config, ...found?.summary && { summary: found.summary } };
}

function layerOf(layer: Descriptor, table: FilesFound["layers"][number]): InspectedLayer {
  // A table shows what the layer is, whatever its media type says.
  const format = table ? table.format === "estargz" ? "gzip" : "zstd" : formatOf(layer.mediaType);
  const title = layer.annotations?.[ANNOTATION.title];
  return {
    ...layer,
    ...format && { compression: format === "tar" ? "none" : format },
    ...title && { title },
    ...table && { table },
  };
}

function countsOf(node: TreeNode): ReferrerCounts {
  const counts: ReferrerCounts = {
    signatures: 0,
    attestations: 0,
    sboms: 0,
    others: 0,
    more: node.leftOut !== undefined,
  };
  for (const { kind, signatures } of node.referrers) {
    switch (kind) {
      case "signature":
        counts.signatures += signatures?.length ?? 1;
        break;
      case "attestation":
        counts.attestations += signatures?.length ?? 1;
        break;
      case "sbom":
        counts.sboms++;
        break;
      case "unread":
        counts.more = true;
        break;
      default:
        counts.others++;
    }
  }
  return counts;
}
