/**
 * What `diff` gives: the changes, and the files of both sides to be read.
 *
 * @module
 */

import type { Digest } from "../../digest.ts";
import { BlobberError } from "../../errors.ts";
import type { FileOptions } from "../../options.ts";
import type { Verdict } from "../../signing.ts";
import { quote } from "../../text/printable.ts";
import type { Change } from "./changes.ts";
import type { Side } from "./side.ts";
import { type DiffTotals, totalsOf } from "./totals.ts";

/** One of the two that were compared. */
export interface DiffSide {
  /** Of a reference: the manifest. Where there is a verdict, the signature covers it, by itself or by its index. */
  digest?: Digest | undefined;
  /** Who signed it, where that was asked for. */
  verdict?: Verdict | undefined;
}

/** Which of the two. */
export type DiffSideName = "before" | "after";

/**
 * What two trees differ in. Its methods may be called concurrently.
 *
 * @example
 * ```ts
 * import { Client, MemoryStore } from "@blobber/core";
 *
 * const [client, at] = [new Client(), { store: new MemoryStore(), reference: "v1" }];
 * await client.push({ directory: "examples/site" }, at);
 * const diff = await client.diff(at, { directory: "examples/site" }, { ignore: ["*.txt"] });
 * const [removed] = diff.changes;
 * if (removed?.path !== "robots.txt" || removed.kind !== "removed") throw new Error("expected one");
 * const text = await new Response(await diff.open("before", "robots.txt")).text();
 * if (!text.startsWith("User-agent")) throw new Error(text);
 * await diff.close();
 * await client.close();
 * ```
 */
export class Diff implements AsyncDisposable {
  /** The first. */
  readonly before: DiffSide;
  /** The second. */
  readonly after: DiffSide;
  /** Everything at which they differ, sorted by path; nothing where they are the same. */
  readonly changes: readonly Change[];
  /** The changes in numbers. */
  readonly totals: DiffTotals;
  readonly #sides: Readonly<Record<DiffSideName, Side>>;

  /** Use {@linkcode diffTrees}. */
  constructor(
    sides: { before: DiffSide & { side: Side }; after: DiffSide & { side: Side } },
    changes: readonly Change[],
  ) {
    const { before, after } = sides;
    this.before = { digest: before.digest, verdict: before.verdict };
    this.after = { digest: after.digest, verdict: after.verdict };
    this.changes = changes;
    this.totals = totalsOf(changes);
    this.#sides = { before: before.side, after: after.side };
  }

  /** Whether the two are the same, as far as they were compared. */
  get same(): boolean {
    return this.changes.length === 0;
  }

  /**
   * Opens a file on one side, or a part of it: of an artifact as {@linkcode Image.open} does, of a directory as
   * it was when it was walked.
   *
   * @param side which side
   * @param path where the file is
   * @param options which of its bytes; `signal` stops this stream alone
   * @throws {BlobberError} `not-found`, `integrity`, `limit`, `invalid-option`, `source-changed`, `file-system`
   */
  async open(
    side: DiffSideName,
    path: string,
    options: FileOptions = {},
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    return await this.#sides[checkedSide(side)].open(path, options);
  }

  /** Releases what is held. Streams that are still open fail. */
  async close(): Promise<void> {
    await closeAll([this.#sides.before, this.#sides.after]);
  }

  /** As {@linkcode Diff.close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Closes sides, of which two may be one. */
export async function closeAll(sides: readonly Side[]): Promise<void> {
  await Promise.all([...new Set(sides)].map((side) => side.close()));
}

function checkedSide(side: unknown): DiffSideName {
  if (side === "before" || side === "after") return side;
  throw new BlobberError(
    "invalid-option",
    `invalid side: ${quote(side)}, expected "before" or "after"`,
  );
}
