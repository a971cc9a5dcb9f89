/**
 * Where `pull REF -` and `pull REF --to-tar FILE` write.
 *
 * @module
 */

import type { PullResult } from "@blobber/core";
import { BlobberError } from "@blobber/core/errors";
import { platform } from "@blobber/core/internal/platform";
import type { Context } from "../../context.ts";
import { checkNewFile, writeStream } from "../../library/user_paths.ts";
import { umask } from "../../machine.ts";

/** Permission bits of a file that a shell would make, before the umask. */
const MODE = 0o666;

/**
 * Refuses a place that no tar is written to, before anything is asked for.
 *
 * @param place a file, or `-` for standard output
 * @throws {BlobberError} `usage`, `conflict`, `file-system`
 */
export function checkTarPlace({ out, settings }: Context, place: string): void {
  if (place !== "-") return checkNewFile(place, settings.get("overwrite"));
  if (out.columns !== Infinity) {
    throw new BlobberError("usage", "a tar is not written to a terminal", {
      hint: "pipe it into another program, as in `blobber pull REF - | tar -x`, or name a file " +
        "with --to-tar",
    });
  }
  if (out.json) {
    throw new BlobberError("usage", "standard output is the tar, so no JSON is written there", {
      hint: "name a file with --to-tar",
    });
  }
}

/**
 * Writes a tar.
 *
 * @param place was checked
 * @param pull writes it to a stream
 * @throws {ReaderGone} when what reads standard output is gone; and what `pull` throws
 */
export async function pullToTar(
  context: Context,
  place: string,
  pull: (sink: WritableStream<Uint8Array>) => Promise<PullResult>,
): Promise<PullResult> {
  const { out, settings } = context;
  if (place === "-") {
    const write = async (bytes: Uint8Array<ArrayBuffer>) => {
      await out.bytes(bytes);
      bytes.buffer.transfer(0); // the collector would come for it too late
    };
    return await pull(new WritableStream({ write }));
  }
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const pulling = pull(writable);
  pulling.catch(() => {}); // it fails what reads it, too
  const mode = platform().hasModes ? MODE & ~umask() : MODE;
  const items = readable[Symbol.asyncIterator]();
  try {
    const first = await items.next(); // what fails before makes no file and no directory
    await writeStream(place, startingWith(first, items), {
      mode,
      allowShared: settings.get("allowSharedDirectories"),
      onlyNew: !settings.get("overwrite"),
    });
  } catch (error) {
    await items.return?.(); // it does not wait for a reader any more
    await pulling.catch(() => {}); // and has cleaned up then
    throw error;
  }
  return await pulling;
}

async function* startingWith<T>(
  first: IteratorResult<T>,
  items: AsyncIterator<T>,
): AsyncGenerator<T> {
  for (let item = first; !item.done; item = await items.next()) yield item.value;
}
