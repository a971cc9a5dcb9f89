/**
 * Bodies of answers, read until a signal fires.
 *
 * @module
 */

/**
 * The pieces of an answer's body until a signal fires. `fetch` is to end a body when its signal fires, but
 * Deno's does so only until the request is collected, which is not held any more: a body that
 * stalls would be waited for without an end.
 *
 * @param body of the answer
 * @param stop whose signal is that of the request
 * @throws the signal's reason
 */
export async function* piecesUntil(
  body: ReadableStream<Uint8Array<ArrayBuffer>> | null,
  stop: Pick<AbortController, "signal">,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = body?.getReader();
  if (reader === undefined) return;
  const onStop = () => void reader.cancel(stop.signal.reason).catch(() => {});
  stop.signal.addEventListener("abort", onStop, { once: true });
  try {
    for (;;) {
      if (stop.signal.aborted) throw stop.signal.reason;
      const { value, done } = await reader.read();
      if (stop.signal.aborted) throw stop.signal.reason; // the end may be one that we made
      if (done) return;
      yield value;
    }
  } finally {
    stop.signal.removeEventListener("abort", onStop);
    await reader.cancel().catch(() => {}); // a reader that leaves early ends the answer
  }
}
