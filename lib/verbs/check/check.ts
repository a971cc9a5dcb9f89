/**
 * The verb `check`: whether a directory is what an artifact says. Of layers with a table only that is read; the
 * files on the disk are hashed in its chunks.
 *
 * @module
 */

import { compareDirectory } from "../../archive/compare/compare.ts";
import type { Comparison, Finding } from "../../archive/compare/finding.ts";
import { judgeSpecial } from "../../archive/read/special_entries.ts";
import { PathFilter } from "../../archive/select/path_filter.ts";
import type { CheckDifference, CheckResult } from "../../results.ts";
import type { Source } from "../../store.ts";
import { Traffic } from "../../stores/cache/traffic.ts";
import type { HeldDirectory } from "../../system/held_directory.ts";
import type { Document, Manifest } from "../../types.ts";
import { heldDirectory } from "./held_directory.ts";
import { fileBelow } from "./receipt_place.ts";
import type { CheckSettings } from "./settings.ts";
import { hasClaim, pathsIn } from "./still_there.ts";
import { readWanted, type Wanted } from "./wanted.ts";

/** A result, without what only the call knows. */
export type Checked = Omit<CheckResult, "reference" | "verdict">;

/** Whether what is at a path counts. */
type Counts = (path: string, isDirectory: boolean) => boolean;

/**
 * Compares a directory with an artifact, and repairs it where that is asked for.
 *
 * @param directory as the user wrote it
 * @param source where the artifact is
 * @param manifest its manifest, checked
 * @throws {BlobberError} `not-found` where there is no directory; `file-system`, `conflict`, `integrity`,
 * `invalid-archive`, `limit`, and what the source throws
 */
export async function checkTree(
  directory: string,
  source: Source,
  manifest: Document<Manifest>,
  settings: CheckSettings = {},
): Promise<Checked> {
  const root = heldDirectory(directory, settings);
  try {
    const wanted = await readWanted(source, manifest, settings);
    try {
      return await checkHeld(root, wanted, { directory, source, manifest, settings });
    } finally {
      wanted.close();
    }
  } finally {
    root.close();
  }
}

async function checkHeld(
  root: HeldDirectory,
  wanted: Wanted,
  { directory, source, manifest, settings }: {
    directory: string;
    source: Source;
    manifest: Document<Manifest>;
    settings: CheckSettings;
  },
): Promise<Checked> {
  const { receipt, ignore = [], repair = false, traffic = new Traffic() } = settings;
  const filter = new PathFilter([], ignore);
  const counts: Counts = (path, isDirectory) => filter.takes(path, isDirectory);
  judge(wanted, counts, settings);
  // What the user names as the receipt is not what was pulled. An entry of its name is compared all the same.
  const own = receipt === undefined ? undefined : fileBelow(root.path, receipt);
  const passes: Counts = (path, isDirectory) => path === own || !counts(path, isDirectory);
  const first = await compare(root, wanted, settings, { counts, passes });
  const wrong = first.findings.filter(({ kind }) => kind !== "extra").map(({ path }) => path);
  let { findings } = first;
  let repaired: string[] | undefined;
  let fetched = settings.content === undefined ? wanted.read : 0;
  if (repair) {
    repaired = [];
    if (wrong.length > 0 || hasClaim(first.findings)) {
      const { repairTree } = await import("./repair.ts");
      const from = await settings.content?.() ?? source;
      fetched += await repairTree(directory, from, manifest, { counts, settings });
      const again = new Set(wrong);
      const second = await compare(root, wanted, settings, { counts: (path) => again.has(path) });
      const left = new Map(second.findings.map((one) => [one.path, one]));
      repaired = wrong.filter((path) => !left.has(path));
      const isThere = pathsIn(root, findings.filter(({ kind }) => kind === "extra"));
      findings = findings.flatMap((one) =>
        one.kind !== "extra" ? left.get(one.path) ?? [] : isThere.has(one.path) ? one : []
      );
    }
  }
  return {
    digest: manifest.descriptor.digest,
    same: findings.length === 0,
    differences: findings.map(differenceOf),
    ...first.same,
    ...repaired !== undefined && { repaired },
    whole: wanted.whole,
    ...traffic.of(manifest.value.layers, fetched),
  };
}

/** Refuses devices and named pipes, or tells that they are left out. */
function judge({ special }: Wanted, counts: Counts, settings: CheckSettings): void {
  judgeSpecial(special.filter(({ path }) => counts(path, false)), {
    ...{ special: settings.special, onNotice: settings.onNotice },
    refusal: "cannot check",
    leftOut: "the check",
  });
}

/** @param which entries count, and what there is in excess that does not; nothing in excess is looked for without */
async function compare(
  root: HeldDirectory,
  wanted: Wanted,
  { signal, onProgress, threads, ignore = [] }: CheckSettings,
  { counts, passes }: { counts: Counts; passes?: Counts },
): Promise<Comparison> {
  const isAll = passes !== undefined && ignore.length === 0;
  async function* counting() {
    for await (const some of wanted.entries()) {
      yield isAll
        ? some
        : some.filter(({ entry: { path, type } }) => counts(path, type === "directory"));
    }
  }
  return await compareDirectory(root, counting(), {
    ...{ signal, onProgress, threads },
    extras: passes && { passes },
  });
}

function differenceOf(finding: Finding): CheckDifference {
  const { path, kind } = finding;
  return { path, kind, differs: kind === "changed" ? [...finding.differs] : [] };
}
