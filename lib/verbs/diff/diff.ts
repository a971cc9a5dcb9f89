/**
 * The verb `diff`: what is not the same in two trees, each in an artifact or in a directory. Tables tell it
 * without the contents; what they leave open is read, and nothing is guessed.
 *
 * @module
 */

import { readContents } from "../../archive/read/contents.ts";
import { judgeSpecial, type SpecialOptions } from "../../archive/read/special_entries.ts";
import { type IgnoreOptions, ignoringOf } from "../../archive/input/ignoring.ts";
import type { Observer, PartProgress, Progress } from "../../events.ts";
import type { OpenOptions } from "../../options.ts";
import type { Verdict } from "../../signing.ts";
import type { Source } from "../../store.ts";
import type { Document, Manifest } from "../../types.ts";
import { Image, type ImageOptions } from "../image.ts";
import { changesBetween } from "./changes.ts";
import { directorySide } from "./directory_side.ts";
import { imageSide } from "./image_side.ts";
import { closeAll, Diff, type DiffSide, type DiffSideName } from "./result.ts";
import { selectionOf } from "./selection.ts";
import type { Side } from "./side.ts";

/** What is compared: a directory, or an artifact whose manifest was checked and, where that is demanded, verified. */
export type Compared =
  | { directory: string }
  | { source: Source; manifest: Document<Manifest>; verdict?: Verdict | undefined };

/** How it is compared. */
export interface DiffSettings
  extends
    Pick<OpenOptions, "maxEntries" | "maxBytes" | "maxFileBytes">,
    SpecialOptions,
    IgnoreOptions,
    Observer {
  /** Only what is at and below these paths, or what path globs match. @default everything */
  paths?: readonly string[] | undefined;
  /** Told of what is read later, and stops that. */
  later: Observer;
  /** As {@linkcode ImageOptions.onCall}. */
  onCall?: ImageOptions["onCall"];
}

/**
 * Compares two trees. The sides are opened one after the other, so what both have has to be fetched only once
 * where there is a cache.
 *
 * @param before the first
 * @param after the second
 * @throws {BlobberError} `not-found` for a path that is on neither side; `invalid-archive` for devices and
 * named pipes; of directories what a push of them throws; `integrity`, `limit`, and what the sources throw
 */
export async function diffTrees(
  before: Compared,
  after: Compared,
  options: DiffSettings,
): Promise<Diff> {
  const { paths = [] } = options;
  const opened: Side[] = [];
  try {
    opened.push(await openSide(before, { ...options, ...partsOf(options, "before") }));
    opened.push(
      areOne(before, after)
        ? opened[0]!
        : await openSide(after, { ...options, ...partsOf(options, "after") }),
    );
    const [first, second] = opened as [Side, Side];
    const wanted = paths.length === 0
      ? undefined
      : await selectionOf(paths, [first, second], options);
    const special = opened.flatMap(({ special }) => special)
      .filter(({ path }) => wanted?.(path) ?? true);
    judgeSpecial(special, { ...options, refusal: "cannot compare", leftOut: "the comparison" });
    const changes = first === second
      ? []
      : await changesBetween(first, second, { ...options, wanted });
    return new Diff(
      { before: { ...shown(before), side: first }, after: { ...shown(after), side: second } },
      changes,
    );
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
}

/** Whether both are one manifest, wherever it is: then they are the same. */
function areOne(before: Compared, after: Compared): boolean {
  return "manifest" in before && "manifest" in after &&
    before.manifest.descriptor.digest === after.manifest.descriptor.digest;
}

async function openSide(one: Compared, options: DiffSettings): Promise<Side> {
  const { later, onCall, signal, onNotice, onProgress } = options;
  if ("directory" in one) {
    const ignoring = ignoringOf(one.directory, options);
    return await directorySide(one.directory, { ...options, ignoring });
  }
  const { source, manifest } = one;
  const contents = await readContents(source, manifest, {
    ...options,
    namesOnly: true, // few files are read, if any: those of a layer without a table are fetched again
    hash: true,
  });
  try {
    const { maxFileBytes } = options;
    const image = new Image(source, manifest, contents, { later, onCall, maxFileBytes });
    return await imageSide({ source, contents, image }, { signal, onNotice, onProgress });
  } catch (error) {
    contents.close();
    throw error;
  }
}

/** Progress of one side: a part of its own of what both report. */
function partsOf({ onProgress }: Observer, name: DiffSideName): Pick<Observer, "onProgress"> {
  if (onProgress === undefined) return {};
  const tell = (report: PartProgress) =>
    onProgress({ ...report, part: `${name} ${report.part ?? ""}` } as Progress);
  return { onProgress: tell };
}

function shown(one: Compared): DiffSide {
  if ("directory" in one) return {};
  return { digest: one.manifest.descriptor.digest, verdict: one.verdict };
}
