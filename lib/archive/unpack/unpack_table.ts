/**
 * Unpacks a layer by its table: the blob is read once from begin to end, groups of whole members are
 * inflated and their files written by threads, and by this one while they have enough to do. What was
 * inflated is compared with the table and hashed in order. Memory is bounded by the pairs of buffers that
 * go round.
 *
 * @module
 */

import type { Digest } from "../../digest.ts";
import type { Observer } from "../../events.ts";
import { Pace } from "../../system/pace.ts";
import { nextTurn } from "../../system/runtime.ts";
import { CheckedReader } from "../../checked_content.ts";
import type { SharedRunner } from "../job_runner.ts";
import type { Growth } from "../growth.ts";
import type { LayerTable } from "../table/layer_table.ts";
import { Buffers, isUsual } from "./buffers.ts";
import { type Group, groupsOf } from "./groups.ts";
import type { LayerPlan } from "./plan.ts";
import { beginParts, finishParts } from "../destination/staged_file.ts";
import type { Staging } from "../destination/staging.ts";
import { BlobBytes } from "./blob_bytes.ts";
import { GroupCheck } from "./group_check.ts";
import { type UnpackInput, unpackJob, type UnpackOutput } from "./unpack_job.ts";

/** Unpacks groups in other threads. */
export type UnpackRunner = SharedRunner<"unpack", UnpackInput, UnpackOutput>;

/** Where a layer is unpacked, and what unpacks it. */
export interface UnpackTableOptions extends Observer {
  staging: Staging;
  runner: UnpackRunner;
  /** Groups of the usual size that may be on their way now: the bound on memory. */
  groups: () => number;
  diffId: Digest | undefined;
  /** Counts what the layer's bytes become. */
  growth: Growth;
  /** Called with the bytes of the layer read so far. */
  onBytes(read: number): void;
  /** Called with the number of files finished since the last call. */
  onFiles(count: number): void;
}

/**
 * Unpacks a layer into a staging directory whose directories are made already.
 *
 * @param stream the whole layer
 * @param layer its table
 * @param plan what of it is to be written
 * @throws {BlobberError} `integrity`, `invalid-archive`, `limit`, `conflict`, `file-system`
 */
export async function unpackByTable(
  stream: ReadableStream<Uint8Array>,
  layer: LayerTable,
  plan: LayerPlan,
  options: UnpackTableOptions,
): Promise<void> {
  const { digest, size } = layer.layer;
  const name = `layer ${digest}`;
  const bytes = new BlobBytes(new CheckedReader(stream, { size, digest, name }), options);
  const check = new GroupCheck(layer, options);
  const pace = new Pace(options.signal);
  const { root, umask } = options.staging;
  const { format } = layer.footer;
  const buffers = new Buffers(options.groups);
  const queue: Unpacking[] = [];
  const finishOldest = async () => {
    const { group, output } = queue.shift()!;
    const done = await output;
    check.take(group, done);
    for (const entry of group.completed) finishParts(options.staging, entry);
    options.onFiles(group.whole + group.completed.length);
    buffers.give(group, done);
  };
  try {
    for (const group of groupsOf(layer, plan)) {
      // The others are given work first. Then what is done: its bytes are still near the processor.
      while (queue.length > 0) {
        const isFree = options.runner.hasRoom || !queue[0]!.done;
        if (isFree && buffers.hasRoom(group)) break;
        await finishOldest();
      }
      await pace.breathe();
      for (const { path } of group.inParts) beginParts(options.staging, path);
      const { packed, plain } = buffers.take(group);
      await bytes.read(new Uint8Array(packed, 0, group.packed));
      const { ends, files } = group;
      const input = { format, packed, plain, ends, files, root, umask };
      // This thread works too while the others have enough, but not at what would keep it for long.
      const here = isUsual(group) && !options.runner.hasRoom;
      const output = here
        ? unpackHere(input)
        : options.runner.run("unpack", input, [packed, plain]);
      const one: Unpacking = { group, output, done: here };
      const settle = () => one.done = true;
      output.then(settle, settle);
      queue.push(one);
      if (here) await nextTurn(); // the others may have answered
    }
    await bytes.skipToEnd();
    while (queue.length > 0) await finishOldest();
    check.end();
  } catch (error) {
    const reason = await bytes.explain(error);
    // Nothing may be written any more when the staging directory is removed.
    await options.runner.giveUp();
    await Promise.allSettled(queue.map(({ output }) => output));
    throw reason;
  }
}

/** A group on its way. */
interface Unpacking {
  group: Group;
  output: Promise<UnpackOutput>;
  done: boolean;
}

// deno-lint-ignore require-await -- a failure is looked at in its turn
async function unpackHere(input: UnpackInput): Promise<UnpackOutput> {
  return unpackJob(input, []);
}
