/**
 * Unpacks a layer by its table: the blob is read once from begin to end, groups of whole members are
 * inflated and their files written by workers, and by this thread while they have enough to do. What was
 * inflated is compared with the table and hashed in order. Memory is bounded by the pairs of buffers that
 * go round.
 *
 * @module
 */

import { type Digest, Digester } from "../../digest.ts";
import { BlobberError } from "../../errors.ts";
import type { Observer } from "../../events.ts";
import { Pace } from "../../system/pace.ts";
import { quote } from "../../printable.ts";
import { nextTurn } from "../../system/runtime.ts";
import { VerifiedReader } from "../../verified.ts";
import type { SharedRunner } from "../job_runner.ts";
import type { Growth } from "../growth.ts";
import { checkDiffId, tellEnd } from "../read/layer_stream.ts";
import type { LayerTable } from "../table/layer_table.ts";
import { Buffers, isUsual } from "./buffers.ts";
import { type Group, groupsOf } from "./groups.ts";
import type { LayerPlan } from "./plan.ts";
import type { Staging } from "../destination/staging.ts";
import { TableCheck } from "./table_check.ts";
import { TarReader } from "../tar/tar_reader.ts";
import { type UnpackInput, unpackJob, type UnpackOutput } from "./unpack_job.ts";

/** Bytes read at once. */
const SCRATCH_BYTES = 256 * 1024;

/** Unpacks groups in other threads. */
export type UnpackRunner = SharedRunner<"unpack", UnpackInput, UnpackOutput>;

/** Where a layer is unpacked, and what unpacks it. */
export interface UnpackTableOptions extends Observer {
  staging: Staging;
  runner: UnpackRunner;
  /** Groups of the usual size on their way at a time: the bound on memory. */
  groups: number;
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
  const bytes = new Sequence(new CheckedReader(stream, { size, digest, name }), options);
  const inOrder = new InOrder(layer, options);
  const pace = new Pace(options.signal);
  const { root, umask } = options.staging;
  const { format } = layer.footer;
  const buffers = new Buffers(options.groups);
  const queue: Unpacking[] = [];
  const finishOldest = async () => {
    const { group, output } = queue.shift()!;
    const done = await output;
    inOrder.take(group, done);
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
      for (const entry of group.inParts) options.staging.file(entry.path);
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
    inOrder.end();
  } catch (error) {
    const reason = await bytes.explain(error);
    // Nothing may be written any more when the staging directory is removed.
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

/** Looks at plain bytes in the order of the tar. */
class InOrder {
  readonly #check: TableCheck;
  readonly #tar: TarReader;
  readonly #digester: Digester | undefined;
  readonly #layer: LayerTable;
  readonly #options: UnpackTableOptions;

  constructor(layer: LayerTable, options: UnpackTableOptions) {
    this.#layer = layer;
    this.#options = options;
    this.#check = new TableCheck(layer.table, "positions");
    this.#tar = new TarReader(this.#check);
    this.#digester = options.diffId === undefined ? undefined : new Digester();
  }

  take(group: Group, { plain, ends }: UnpackOutput): void {
    let from = 0;
    for (const [i, end] of ends.entries()) {
      this.#check.segment(group.starts[i]!, this.#tar.position);
      const bytes = new Uint8Array(plain, from, end - from);
      this.#tar.write(bytes);
      from = end;
    }
    this.#options.growth.make(from);
    this.#digester?.update(new Uint8Array(plain, 0, from));
    for (const entry of group.completed) this.#options.staging.finishFile(entry);
    this.#options.onFiles(group.whole + group.completed.length);
  }

  end(): void {
    tellEnd(this.#tar.end(), this.#layer.layer, this.#options);
    this.#check.end();
    checkDiffId(this.#digester?.digest(), this.#options.diffId, this.#layer.layer);
  }
}

/** The bytes of a blob, one piece after another. */
class Sequence {
  readonly #reader: CheckedReader;
  readonly #options: UnpackTableOptions;
  #scratch: ArrayBuffer = new ArrayBuffer(SCRATCH_BYTES);
  #rest: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #read = 0;

  constructor(reader: CheckedReader, options: UnpackTableOptions) {
    this.#reader = reader;
    this.#options = options;
  }

  async read(into: Uint8Array): Promise<void> {
    for (let at = 0; at < into.length;) {
      if (this.#rest.length === 0 && !(await this.#more())) {
        throw new BlobberError(
          "integrity",
          `the layer ends early, at ${quote(this.#read)}`,
        );
      }
      const part = this.#rest.subarray(0, into.length - at);
      into.set(part, at);
      at += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
  }

  /** Reads what follows the last group, which is where the whole is found to be right or wrong. */
  async skipToEnd(): Promise<void> {
    while (await this.#more());
  }

  async explain(error: unknown): Promise<unknown> {
    return await this.#reader.explain(error);
  }

  async #more(): Promise<boolean> {
    const { buffer } = this.#rest;
    if (buffer.byteLength > 0) this.#scratch = buffer;
    const bytes = await this.#reader.read(this.#scratch);
    if (bytes === undefined) return false;
    this.#rest = bytes;
    this.#read += bytes.length;
    this.#options.growth.receive(bytes.length);
    this.#options.onBytes(this.#read);
    return true;
  }
}
