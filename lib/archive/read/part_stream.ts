/**
 * A stream of what a generator makes.
 *
 * @module
 */

import { interruption } from "../../errors.ts";

/**
 * A stream of parts that are made one by one, none before it is asked for. When it is stopped it fails at
 * once, and what its parts are made of is released, whether or not anybody still reads.
 *
 * @param parts makes them
 * @param signal stops it
 */
export function partStream(
  parts: AsyncGenerator<Uint8Array<ArrayBuffer>, void>,
  signal: AbortSignal,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let stop: () => void;
  const release = async () => {
    signal.removeEventListener("abort", stop);
    await parts.return();
  };
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      stop = () => {
        controller.error(interruption(signal));
        release().catch(() => {});
      };
      if (signal.aborted) stop();
      else signal.addEventListener("abort", stop, { once: true });
    },
    async pull(controller) {
      try {
        const { value, done } = await parts.next();
        if (signal.aborted) return; // it has failed
        if (!done) return controller.enqueue(value);
        signal.removeEventListener("abort", stop);
        controller.close();
      } catch (error) {
        signal.removeEventListener("abort", stop);
        throw error;
      }
    },
    cancel: release,
  }, { highWaterMark: 0 });
}
