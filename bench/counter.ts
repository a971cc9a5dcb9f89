/**
 * A way to the registry on which bytes are counted, in both directions.
 *
 * @module
 */

/** Bytes that went by. */
export interface Counted {
  /** To the registry. */
  up: number;
  /** From the registry. */
  down: number;
}

/** A proxy that counts. */
export interface Counter extends Disposable {
  /** `127.0.0.1:PORT`. */
  host: string;
  /** What went by since the last call. */
  take(): Counted;
}

/**
 * Starts a proxy before a registry on this machine.
 *
 * @param port the registry's
 */
export function startCounter(port: number): Counter {
  let counted: Counted = { up: 0, down: 0 };
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const carry = async (from: Deno.Conn, to: Deno.Conn, way: keyof Counted) => {
    const buffer = new Uint8Array(65_536);
    for (;;) {
      const n = await from.read(buffer);
      if (n === null) break;
      counted[way] += n;
      for (let at = 0; at < n;) at += await to.write(buffer.subarray(at, n));
    }
    await to.closeWrite();
  };
  const serve = async (client: Deno.Conn) => {
    const server = await Deno.connect({ hostname: "127.0.0.1", port });
    // One end may close while the other still sends: both are closed then, and what is counted stays.
    await Promise.allSettled([carry(client, server, "up"), carry(server, client, "down")]);
    for (const end of [client, server]) {
      try {
        end.close();
      } catch { /* closed already */ }
    }
  };
  (async () => {
    for await (const client of listener) serve(client).catch(() => {});
  })().catch(() => {});
  return {
    host: `127.0.0.1:${listener.addr.port}`,
    take() {
      const taken = counted;
      counted = { up: 0, down: 0 };
      return taken;
    },
    [Symbol.dispose]: () => listener.close(),
  };
}
