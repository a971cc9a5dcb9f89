/**
 * One blob, from one store to another, as a stream.
 *
 * @module
 */

import { andLetGo } from "../../caller_errors.ts";
import { CheckedReader } from "../../checked_content.ts";
import type { Observer } from "../../events.ts";
import type { Source, Target } from "../../store.ts";
import type { Descriptor } from "../../types.ts";

/** From where to where blobs go. */
export interface BlobWay extends Pick<Observer, "signal" | "onNotice"> {
  source: Source;
  target: Target;
}

/** Bytes that one stream reads at once. */
const BUFFER = 256 * 1024;

/**
 * Copies a blob that the target has not. Its digest is checked while it is read, and by the target again.
 *
 * @param blob which
 * @param way from where to where
 * @param onBytes told of bytes that were taken
 * @throws {BlobberError} `not-found`, `integrity`, and what the stores throw
 */
export async function copyBlob(
  blob: Descriptor,
  { source, target, signal }: BlobWay,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const reader = new CheckedReader(await source.fetch(blob, { signal }), {
    size: blob.size,
    digest: blob.digest,
    name: `blob ${blob.digest} of ${source.name}`,
  });
  try {
    const writer = await target.begin(blob.mediaType, { signal });
    await andLetGo(async () => {
      let scratch = new ArrayBuffer(Math.max(1, Math.min(BUFFER, blob.size)));
      for (;;) {
        const bytes = await reader.read(scratch);
        if (bytes === undefined) break;
        await writer.write(bytes);
        onBytes(bytes.length);
        scratch = bytes.buffer;
      }
      await writer.commit(blob);
    }, () => writer.abort());
  } finally {
    await reader.cancel();
  }
}
