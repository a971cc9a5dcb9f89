/**
 * A stream of what a generator makes.
 *
 * @module
 */

import { interruption } from "../../errors.ts";
import { asOurs } from "../../system/system_error.ts";
import type { TiedSignal } from "../../system/tied_signal.ts";

/**
 * A stream of parts that are made one by one, none before it is asked for. When it is stopped it fails at
 * once, and what its parts are made of is released, whether or not it is still being read.
 *
 * @param parts makes them
 * @param tied stops it; released when it ends
 */
export function partStream(
  parts: AsyncGenerator<Uint8Array<ArrayBuffer>, void>,
  { signal, release }: TiedSignal,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      const stop = () => {
        controller.error(interruption(signal));
        parts.return().catch(() => {});
      };
      if (signal.aborted) stop();
      else signal.addEventListener("abort", stop, { once: true });
    },
    async pull(controller) {
      try {
        const { value, done } = await parts.next();
        if (signal.aborted) return; // it has failed
        if (!done) return controller.enqueue(value);
        release();
        controller.close();
      } catch (error) {
        release();
        throw asOurs(error);
      }
    },
    async cancel() {
      release();
      await parts.return();
    },
  }, { highWaterMark: 0 });
}
