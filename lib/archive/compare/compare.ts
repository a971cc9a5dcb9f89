/**
 * Compares a directory with what is to be in it: each file by content, with the digests of its chunks; names,
 * types, modes and targets of links. Times are not compared. No link is followed, and nothing is changed.
 *
 * @module
 */

import { type Observer, reportPart } from "../../events.ts";
import type { HeldDirectory } from "../../system/held_directory.ts";
import { Pace } from "../../system/pace.ts";
import { type NameFolding, platform } from "../../system/platform.ts";
import type { FileStat } from "../../system/runtime.ts";
import { fileError } from "../../system/system_error.ts";
import { sorted } from "../../system/sorted.ts";
import { DirectoryCursor } from "../destination/directory_cursor.ts";
import { keyIn } from "../destination/disk_names.ts";
import type { PartFound, TrustedStamp } from "./compare_parts.ts";
import { expectedFile, type KnownParts, knownParts } from "./expected.ts";
import {
  type ExpectedDirectory,
  type ExpectedTree,
  expectedTree,
  nameOf,
} from "./expected_tree.ts";
import { ExtraFinder, type ExtraOptions, lookAt } from "./extras.ts";
import { type CompareThreads, FileComparer } from "./file_comparer.ts";
import type {
  Changed,
  Comparison,
  Difference,
  Expected,
  Finding,
  Found,
  SameCount,
} from "./finding.ts";

/** How a directory is compared. */
export interface CompareOptions extends Observer {
  /** The client's threads. @default this thread alone */
  threads?: CompareThreads | undefined;
  /** Finds what is in the directory alone. @default it is not looked for */
  extras?: ExtraOptions | undefined;
  /** Goes through the directory; its directories must be the same ones wherever else it goes. @default one's own */
  cursor?: DirectoryCursor | undefined;
  /** Which names are one in the directory. @default as the system has it as a rule */
  folds?: NameFolding | undefined;
  /** Whether chunks are compared of files that have another size, too. @default false */
  anySize?: boolean | undefined;
  /** What becomes of files that may not be read: an error, or they differ. @default "refuse" */
  unreadable?: "refuse" | "differs" | undefined;
  /** What a file was when its content was known to be right: one that is still the same is not read. */
  trusted?:
    | ((expected: Expected, parts: KnownParts) => TrustedStamp & { size: number } | undefined)
    | undefined;
  /** Called with each file whose content is right, and what it is on the disk. */
  onRight?: ((expected: Expected, stat: Omit<FileStat, "type">) => void) | undefined;
}

/**
 * Compares a directory.
 *
 * @param root the directory, held
 * @param entries what is to be in it, in any order: see `expectedOf`
 * @throws {BlobberError} `file-system` for what cannot be looked at, `conflict` for a directory that is replaced
 * while it is compared, `limit`, `interrupted`
 */
export async function compareDirectory(
  root: HeldDirectory,
  entries: AsyncIterable<Iterable<Expected>>,
  options: CompareOptions = {},
): Promise<Comparison> {
  const pace = new Pace(options.signal);
  const tree = await expectedTree(entries, pace);
  FileComparer.start(options.threads, tree);
  return await new DirectoryComparer(root, tree, options, pace).compare();
}

const NONE: readonly number[] = [];

/** A file that is compared, and the permission bits that it is to have, where any are stated and there are any. */
interface ComparedFile {
  expected: Expected;
  mode: number | undefined;
}

/** One comparison. */
class DirectoryComparer {
  readonly #root: HeldDirectory;
  readonly #tree: ExpectedTree;
  readonly #options: CompareOptions;
  readonly #pace: Pace;
  readonly #findings: Finding[] = [];
  readonly #same: SameCount = { files: 0, directories: 0, links: 0, bytes: 0 };
  readonly #files: FileComparer<ComparedFile>;
  #done = 0;

  constructor(root: HeldDirectory, tree: ExpectedTree, options: CompareOptions, pace: Pace) {
    this.#root = root;
    this.#tree = tree;
    this.#options = options;
    this.#pace = pace;
    this.#files = new FileComparer({
      root: root.atOrPath,
      anySize: options.anySize ?? false,
      threads: options.threads,
      pace,
      onFile: (file, found) => this.#file(file, found),
      onBytes: (bytes) => this.#progress(bytes),
    });
  }

  async compare(): Promise<Comparison> {
    const own = this.#options.cursor === undefined;
    const { cursor = new DirectoryCursor(this.#root) } = this.#options;
    try {
      const { extras, folds = platform().folds } = this.#options;
      const keyOf = keyIn(folds);
      const pace = this.#pace;
      const finder = extras && new ExtraFinder(cursor, { ...extras, keyOf, pace });
      const { directories } = this.#tree;
      const order = await sorted([...directories.keys()], pace);
      for (const path of order) {
        const directory = directories.get(path)!;
        if (path !== "" && !this.#directory(cursor, directory)) continue;
        for (const expected of directory.links) this.#link(cursor.at(path), expected);
        if (extras?.when !== "files-are-missing") await finder?.look(path, directory.names);
        for (const expected of directory.files) {
          if (pace.due()) await pace.breathe();
          await this.#add(expected);
        }
      }
      await this.#files.end();
      if (extras?.when === "files-are-missing" && this.#areFilesMissing()) {
        for (const path of order) {
          if (!this.#absent.has(path)) await finder!.look(path, directories.get(path)!.names);
        }
      }
      if (finder !== undefined) { for (const extra of finder.found) this.#findings.push(extra); }
    } catch (error) {
      await this.#files.giveUp();
      throw error;
    } finally {
      if (own) cursor.close();
    }
    if (this.#tree.bytes > 0) this.#progress(this.#tree.bytes - this.#done, true);
    const byPath = (a: Finding, b: Finding) => a.path < b.path ? -1 : 1;
    return { findings: await sorted(this.#findings, this.#pace, byPath), same: this.#same };
  }

  /** Whether files are missing: where files only differ, none was renamed. */
  #areFilesMissing(): boolean {
    return this.#findings.some((one) =>
      one.kind === "missing" && one.expected.content !== undefined &&
      one.expected.entry.type !== "directory"
    );
  }

  /** @returns whether it is there, so that what is in it can be */
  #directory(cursor: DirectoryCursor, directory: ExpectedDirectory): boolean {
    const { path } = directory;
    const expected = directory.expected ?? implied(path);
    const parent = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    const found = this.#absent.has(parent) ? undefined : lookAt(cursor.at(parent), nameOf(path));
    if (found?.type === "directory") {
      // What a directory has beside permissions it may have from the one above it.
      const isSame = directory.expected === undefined || !platform().hasModes ||
        (found.mode & 0o777) === expected.entry.mode;
      if (isSame) this.#same.directories++;
      else this.#changed(expected, found, ["mode"]);
      return true;
    }
    this.#absent.add(path);
    if (found === undefined) this.#missing(expected);
    else this.#changed(expected, found, ["type"]);
    for (const one of directory.links) this.#missing(one);
    for (const one of directory.files) this.#missing(one);
    return false;
  }

  /** Directories that are not there. */
  readonly #absent = new Set<string>();

  #link(dir: HeldDirectory, expected: Expected): void {
    const { path, linkTarget } = expected.entry;
    const found = lookAt(dir, nameOf(path));
    if (found === undefined) this.#missing(expected);
    else if (found.type !== "symlink") this.#changed(expected, found, ["type"]);
    else if (slashed(found.linkTarget!) === linkTarget) this.#same.links++;
    else this.#changed(expected, found, ["target"]);
  }

  /** @returns what to wait for, where there is anything */
  #add(expected: Expected): Promise<void> {
    const { entry, content } = expected;
    const known = { entry, content };
    const { size, mode } = expectedFile(known);
    const parts = knownParts(known);
    const stamp = this.#options.trusted?.(known, parts);
    const trusted = stamp?.size === size ? stamp : undefined;
    const file = { expected, mode: platform().hasModes ? mode : undefined };
    return this.#files.add({ file, path: entry.path, size, trusted, ...parts });
  }

  #file({ expected, mode }: ComparedFile, { verdict, stat, right }: PartFound): void {
    const hasMode = mode === undefined || stat.mode === mode;
    if (verdict === "same") {
      this.#options.onRight?.(expected, stat);
      if (hasMode) {
        this.#same.files++;
        this.#same.bytes += stat.size;
        return;
      }
    }
    if (verdict === "missing") return this.#missing(expected);
    const { size } = stat;
    if (verdict === "directory" || verdict === "symlink" || verdict === "other") {
      return this.#changed(expected, { type: verdict, size, mode: stat.mode }, ["type"]);
    }
    if (verdict === "unreadable" && this.#options.unreadable !== "differs") {
      const path = this.#root.shown(expected.entry.path);
      throw fileError("cannot read", path, Object.assign(new Error("EACCES"), { code: "EACCES" }));
    }
    const differs: Difference[] = verdict === "same" ? [] : ["content"];
    if (!hasMode) differs.push("mode");
    this.#changed(expected, { type: "file", size, mode: stat.mode }, differs, right);
  }

  #missing(expected: Expected): void {
    this.#findings.push({ kind: "missing", path: expected.entry.path, expected });
  }

  #changed(
    expected: Expected,
    found: Found,
    differs: readonly Difference[],
    right: Changed["right"] = NONE,
  ): void {
    const { path } = expected.entry;
    this.#findings.push({ kind: "changed", path, differs, expected, found, right });
  }

  #progress(bytes: number, finished = false): void {
    this.#done += bytes;
    const { done, total } = { done: this.#done, total: Math.max(this.#done, this.#tree.bytes) };
    reportPart(this.#options, { phase: "compare", done, total, unit: "bytes", finished });
  }
}

function implied(path: string): Expected {
  return { entry: { path, type: "directory", size: 0, mode: 0o755, mtime: 0 }, content: undefined };
}

/** The target of a link as archives have it. */
function slashed(target: string): string {
  const [own, ...others] = platform().separators;
  return others.length === 0 ? target : target.replaceAll(own!, "/");
}
