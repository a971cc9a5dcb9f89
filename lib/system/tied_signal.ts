/**
 * One signal for several, for as long as it is needed. `AbortSignal.any` ties a new signal to those it follows
 * for good in some runtimes: behind one that lives as long as a server, they would pile up.
 *
 * @module
 */

/** A signal that follows others. */
export interface TiedSignal {
  /** Fires when one of the others does, with its reason. */
  signal: AbortSignal;
  /** Lets go of the others. Safe to call twice. */
  release(): void;
}

/** Ties a signal to others, until it fires or is released. */
export function tieSignal(...others: (AbortSignal | undefined)[]): TiedSignal {
  const stop = new AbortController();
  const given = others.filter((one) => one !== undefined);
  const release = () => {
    for (const one of given) one.removeEventListener("abort", onAbort);
  };
  const onAbort = (event: { target: unknown }) => {
    release();
    stop.abort((event.target as AbortSignal).reason);
  };
  for (const one of given) {
    if (one.aborted) onAbort({ target: one });
    if (stop.signal.aborted) break;
    one.addEventListener("abort", onAbort);
  }
  return { signal: stop.signal, release };
}
