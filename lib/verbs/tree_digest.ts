/**
 * The verb `treeDigest`: the digest of a tree, of one that could be pushed or of one that was.
 *
 * @module
 */

import { checkIgnoring, type IgnoreOptions, ignoringOf } from "../archive/input/ignoring.ts";
import { type ArchiveInput, type PushInput, takenInput } from "../archive/input/given.ts";
import { packDirectory, packEntries, packTar } from "../archive/pack/pack_input.ts";
import { TreeHasher } from "../archive/pack/tree_hasher.ts";
import { readContents } from "../archive/read/contents.ts";
import {
  type TreeFound,
  treeOfImage,
  type TreeOfImageOptions,
} from "../archive/read/tree_of_image.ts";
import { TreeForm } from "../archive/tree_form.ts";
import { TreeRecords } from "../archive/tree_records.ts";
import { checkDigest } from "../checked_content.ts";
import { asDigest } from "../digest.ts";
import type { Observer } from "../events.ts";
import type { OpenOptions } from "../options.ts";
import type { Source } from "../store.ts";
import { ANNOTATION, type Document, type Manifest } from "../types.ts";

/** Tells what could be pushed from what names something. */
export function isInput(what: string | object): what is PushInput {
  return typeof what === "object" && what !== null &&
    ["directory", "tar", "entries", "files"].some((kind) => kind in what);
}

/**
 * The digest of the tree that a push of the same input would make.
 *
 * @param input what would be pushed
 * @param options what is left out, and who is told
 * @throws {BlobberError} as `push` where it cannot be pushed
 */
export async function treeOfInput(
  input: PushInput,
  options: Observer & IgnoreOptions,
): Promise<TreeFound> {
  const { signal, onProgress } = options;
  const what = takenInput(input, "cannot digest");
  checkIgnoring(what, options);
  if ("files" in what) {
    const { treeOfFiles } = await import("./push/hash_files.ts");
    return await treeOfFiles(what.files, options);
  }
  const records = "directory" in what ? undefined : new TreeRecords(signal);
  const tree = records ?? new TreeForm();
  let done = 0;
  const sink = new TreeHasher(tree, (bytes) => {
    done += bytes;
    onProgress?.({ phase: "pack", done, unit: "bytes", finished: false });
  }, signal);
  const { entries } = await feed(sink, what, options);
  onProgress?.({ phase: "pack", done, unit: "bytes", finished: true });
  return { tree: await tree.digest(), entries };
}

async function feed(
  sink: TreeHasher,
  input: ArchiveInput,
  options: Observer & IgnoreOptions,
): Promise<{ entries: number }> {
  if ("directory" in input) {
    const { directory } = input;
    const { walk } = await import("../archive/input/walk.ts");
    const ignoring = ignoringOf(directory, options);
    return await packDirectory(sink, walk(directory, { ...options, ignoring }), options);
  }
  if ("tar" in input) return await packTar(sink, input.tar, options);
  return await packEntries(sink, input.entries, options);
}

/**
 * The digest of the tree in an artifact, computed from contents that were checked, and compared with what its
 * manifest claims.
 *
 * @param source where it is
 * @param manifest its manifest, already checked
 * @throws {BlobberError} `integrity` also when the manifest claims another digest; `invalid-archive` for
 * devices and named pipes; what `openImage` throws
 */
export async function treeOfArtifact(
  source: Source,
  manifest: Document<Manifest>,
  options: Pick<OpenOptions, "maxEntries" | "maxBytes" | "maxFileBytes"> & TreeOfImageOptions,
): Promise<TreeFound> {
  const claim = manifest.value.annotations?.[ANNOTATION.treeDigest];
  const expected = claim === undefined
    ? undefined
    : asDigest(claim, `annotation ${ANNOTATION.treeDigest}`);
  const contents = await readContents(source, manifest, {
    ...options,
    namesOnly: true,
    hash: true,
  });
  try {
    const found = await treeOfImage(source, contents, options);
    if (expected !== undefined) {
      checkDigest({
        actual: found.tree,
        expected,
        name: `the tree in ${manifest.descriptor.digest}`,
        stated: "which its manifest states",
        hint: "the manifest does not describe what is in its layers",
      });
    }
    return found;
  } finally {
    contents.close();
  }
}
