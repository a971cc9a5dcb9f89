/**
 * A release of the program in its registry, and the verification that every upgrade demands: the signature of
 * the workflow that makes releases, run for the tag of exactly this version. So a registry that moves a tag to
 * an older release is found out. What settings and trust rules demand must hold besides, and nothing of them
 * loosens this.
 *
 * @module
 */

import type { Image, Verifier } from "@blobber/core";
import { BlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/internal/printable";
import { parseReference } from "@blobber/core/internal/reference";
import type { Build, BuildHome } from "../build.ts";
import type { Context } from "../context.ts";
import { ARTIFACT, SIGNER } from "../home.ts";
import { clientOptions, makeClient } from "../library/client_from_settings.ts";
import { verifiersOf } from "../trust/reading.ts";
import { newestStable } from "./versions.ts";

/** The largest file of a release's digests that is read: some dozens of lines. */
const MAX_LIST_BYTES = 64 * 1024;

/** Where the releases of this program are, and who signs them. */
export function homeOf(build: Build | undefined): BuildHome {
  const { issuer, identityPrefix } = SIGNER;
  return build?.home ?? { artifact: ARTIFACT, issuer, identityPrefix };
}

/**
 * The newest stable version that the registry names, or the one that is asked for.
 *
 * @param context of the command
 * @param home where releases are
 * @param asked a version
 * @throws {BlobberError} `not-found`
 */
export async function findRelease(
  context: Context,
  { artifact }: BuildHome,
  asked?: string,
): Promise<string> {
  const client = await makeClient(context);
  const { signal } = context;
  const tags = await client.tags(parseReference(artifact), { signal, all: true });
  if (asked !== undefined && tags.includes(`v${asked}`)) return asked;
  const newest = newestStable(tags);
  if (asked === undefined && newest !== undefined) return newest;
  const tag = asked === undefined ? "vX.Y.Z" : `v${asked}`;
  throw new BlobberError(
    "not-found",
    `no such release in ${quote(artifact)}, expected a tag "${tag}"`,
  );
}

/** A release whose signature is verified. */
export interface Release {
  /** Its artifact. */
  image: Image;
  /** Its reference. */
  reference: string;
  /** The digest that its list names for the file. */
  sha256: string;
}

/**
 * Opens a release and verifies it. Close the image.
 *
 * @param context of the command
 * @param home where releases are
 * @param wanted the version, and the name of the file that is to be read
 */
export async function openRelease(
  context: Context,
  home: BuildHome,
  { version, file }: { version: string; file: string },
): Promise<Release> {
  const reference = `${home.artifact}:v${version}`;
  const parsed = parseReference(reference);
  // One binary is read once: a cache would keep it for nothing, and might know an older digest of the tag.
  const { cacheDir: _, ...options } = await clientOptions(context);
  const { Client } = await import("@blobber/core/internal/client");
  const client = new Client({ onNotice: context.report.onNotice, ...options, cacheTtl: 0 });
  const image = await client.openImage(parsed, {
    ...context.report.observer(context.signal),
    verifier: [
      await pinnedVerifier(context, home, `v${version}`),
      ...await verifiersOf(context, parsed) ?? [],
    ],
  });
  try {
    const list = await readText(image, "checksums.txt", context.signal);
    return { image, reference, sha256: digestIn(list, file, reference) };
  } catch (error) {
    await image.close();
    throw error;
  }
}

/** Demands the one identity that signs the release of this tag, by Sigstore's public root. */
async function pinnedVerifier(
  { settings, report, signal }: Context,
  { issuer, identityPrefix, trustedRoot }: BuildHome,
  tag: string,
): Promise<Verifier> {
  const { createVerifier, loadTrustedRoot, publicTrustRoot } = await import(
    "@blobber/sigstore/verify"
  );
  const offline = settings.get("offline");
  return createVerifier({
    signers: [{ issuer, subject: `${identityPrefix}${tag}` }],
    nameBinding: "off",
    trust: trustedRoot === undefined
      ? () => publicTrustRoot({ ...report.observer(signal), offline })
      : loadTrustedRoot(new TextEncoder().encode(trustedRoot), "the trust root of this build"),
  });
}

async function readText(image: Image, path: string, signal: AbortSignal): Promise<string> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const bytes of await image.open(path, { signal })) {
    size += bytes.length;
    if (size > MAX_LIST_BYTES) {
      throw new BlobberError("limit", `${quote(path)} is larger than ${MAX_LIST_BYTES} bytes`);
    }
    parts.push(bytes.slice());
  }
  return await new Blob(parts).text();
}

/**
 * The digest that a list in the format of sha256sum names for a file.
 *
 * @param list its text
 * @param file the name
 * @param reference where the list is, for messages
 * @throws {BlobberError} `not-found`, and `integrity` for two digests of one file
 */
export function digestIn(list: string, file: string, reference: string): string {
  const found = list.split("\n").flatMap((line) => {
    const match = /^([0-9a-f]{64}) [ *](.+?)\r?$/.exec(line);
    return match?.[2] === file ? [match[1]!] : [];
  });
  if (found.length === 1) return found[0]!;
  const where = `checksums.txt of ${quote(reference)}`;
  if (found.length > 1) throw new BlobberError("integrity", `${where} names ${quote(file)} twice`);
  throw new BlobberError("not-found", `${where} names no ${quote(file)}`, {
    hint: "this release has no binary for this machine",
  });
}
