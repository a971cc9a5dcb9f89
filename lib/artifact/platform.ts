/**
 * The choice of one manifest from an index (image-index.md, "platform").
 *
 * @module
 */

import { BlobberError } from "../errors.ts";
import { MAX_CONFIG_BYTES, MAX_INDEX_DEPTH, MAX_NESTED_INDEXES } from "../limits.ts";
import { isDocumentType, isIndex, isIndexType, readDocument } from "./manifest.ts";
import { printable } from "../text/printable.ts";
import { thisPlatform } from "../system/platform.ts";
import type { CallOptions, Source } from "../store.ts";
import {
  type Descriptor,
  type Document,
  type Index,
  type Manifest,
  MEDIA_TYPE,
  type Platform,
} from "../types.ts";
import { readChecked } from "../checked_content.ts";
import { parseJson } from "../json.ts";

/** Manifests of an index that a message names. */
const MAX_NAMED = 20;

/**
 * Chooses the manifest of a platform. By default it is this machine's, else the only one there
 * is. A platform that two manifests claim is refused, because it is ambiguous.
 *
 * @param source where the index is
 * @param root the index
 * @param wanted the platform asked for
 * @throws {BlobberError} `not-found`, `invalid-manifest`, `limit`
 */
export async function choosePlatform(
  source: Source,
  root: Document<Index>,
  wanted?: Platform,
  options: CallOptions = {},
): Promise<Descriptor> {
  const name = `index ${root.descriptor.digest} of ${source.name}`;
  const offered = await flatten(source, root, options);
  const asked: Platform = wanted ?? thisPlatform();
  const fits = offered.filter((one) => one.platform && matches(one.platform, asked));
  const exact = fits.filter((one) => one.platform?.variant === asked.variant);
  const chosen = exact.length > 0 ? exact : fits;
  if (chosen.length > 1) {
    throw new BlobberError(
      "invalid-manifest",
      `${name} has ${chosen.length} manifests for ${formatPlatform(asked)}: ` +
        chosen.slice(0, MAX_NAMED).map(named).join(", ") +
        (chosen.length > MAX_NAMED ? ` and ${chosen.length - MAX_NAMED} more` : ""),
      { hint: "name one of them by its digest, or by a platform with its variant" },
    );
  }
  if (chosen[0]) return chosen[0];
  if (wanted === undefined && offered.length === 1) return offered[0]!;
  const there = offered.slice(0, MAX_NAMED).map((one) => formatPlatform(one.platform));
  throw new BlobberError(
    "not-found",
    `platform ${formatPlatform(asked)} not found in ${name}, expected one of: ` +
      (there.join(", ") || "none"),
    { hint: ["name one of them with ", { option: "platform" }] },
  );
}

/**
 * Checks that a manifest is for the platform that was asked for, as far as its config says (config.md,
 * "Properties"). One that says nothing is for every platform.
 *
 * @param source where the manifest is
 * @param manifest checked
 * @param wanted the platform asked for
 * @throws {BlobberError} `not-found` when it is for another one
 */
export async function checkPlatform(
  source: Source,
  manifest: Document<Manifest>,
  wanted: Platform,
  { signal }: CallOptions = {},
): Promise<void> {
  const { config } = manifest.value;
  const { mediaType, digest, size } = config;
  if (mediaType !== MEDIA_TYPE.config && mediaType !== MEDIA_TYPE.dockerConfig) return;
  const name = `config ${digest}`;
  const stream = await source.fetch(config, { signal });
  const bytes = await readChecked(stream, { size, digest, name }, MAX_CONFIG_BYTES);
  const { os, architecture, ...rest } = Object(parseJson(bytes, name)) as Record<string, unknown>;
  const text = (value: unknown) => typeof value === "string" && value !== "" ? value : undefined;
  const variant = text(rest.variant) ?? wanted.variant;
  const version = text(rest["os.version"]) ?? wanted["os.version"];
  const has: Platform = {
    os: text(os) ?? wanted.os,
    architecture: text(architecture) ?? wanted.architecture,
    ...variant !== undefined && { variant },
    ...version !== undefined && { "os.version": version },
  };
  if (matches(has, wanted)) return;
  throw new BlobberError(
    "not-found",
    `platform ${formatPlatform(wanted)} not found in ${source.name}: ` +
      `manifest ${manifest.descriptor.digest} is for ${formatPlatform(has)}`,
    { hint: "ask for that platform, or for none, to use it all the same" },
  );
}

function named({ digest, platform }: Descriptor): string {
  return `${digest} (${formatPlatform(platform)})`;
}

/**
 * The indexes that an index names, and those that they name: what a choice reads beside the index itself.
 *
 * @param source where they are
 * @param root the index
 * @throws {BlobberError} `limit`, and what the source throws
 */
export async function nestedIndexes(
  source: Source,
  root: Document<Index>,
  options: CallOptions = {},
): Promise<Document<Index>[]> {
  const nested: Document<Index>[] = [];
  await flatten(source, root, { ...options, onIndex: (index) => nested.push(index) });
  return nested;
}

/** All manifests below an index, each once. */
async function flatten(
  source: Source,
  root: Document<Index>,
  options: CallOptions & { onIndex?: (index: Document<Index>) => void },
): Promise<Descriptor[]> {
  const found = new Map<string, Descriptor>();
  let level = [root];
  let read = 0;
  for (let depth = 1; level.length > 0; depth++) {
    const next: Document<Index>[] = [];
    for (const child of level.flatMap((index) => index.value.manifests)) {
      if (isIndexType(child.mediaType)) {
        if (depth >= MAX_INDEX_DEPTH || ++read > MAX_NESTED_INDEXES) {
          throw new BlobberError(
            "limit",
            `index ${root.descriptor.digest} of ${source.name} is nested too deeply, ` +
              `expected at most ${MAX_INDEX_DEPTH} levels and ${MAX_NESTED_INDEXES} indexes`,
          );
        }
        const document = await readDocument(source, child, options);
        if (!isIndex(document)) continue;
        options.onIndex?.(document);
        next.push(document);
      } else if (isDocumentType(child.mediaType) && child.platform?.os !== "unknown") {
        // os "unknown" is how builders mark attestations, which are no images.
        found.set(`${child.digest} ${formatPlatform(child.platform)}`, child);
      }
    }
    level = next;
  }
  return [...found.values()];
}

function matches(has: Platform, asked: Platform): boolean {
  return has.os === asked.os && has.architecture === asked.architecture &&
    (asked.variant === undefined || variantOf(has) === variantOf(asked)) &&
    (asked["os.version"] === undefined || has["os.version"] === asked["os.version"]);
}

/** arm64 is v8 whether it says so or not. */
function variantOf(platform: Platform): string | undefined {
  return platform.variant ?? (platform.architecture === "arm64" ? "v8" : undefined);
}

/**
 * A platform as people write it: `os/architecture[/variant]`.
 *
 * @param platform from a manifest, or none
 */
function formatPlatform(platform: Platform | undefined): string {
  if (platform === undefined) return "(no platform)";
  const { os, architecture, variant } = platform;
  return printable([os, architecture, ...(variant ? [variant] : [])].join("/"), 100);
}
