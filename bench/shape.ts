/**
 * A proxy that makes loopback feel like a link: `deno run -A bench/shape.ts TO_PORT MBIT RTT_MS` prints the
 * port that it listens on. Each direction is delayed by half the round trip and shares one rate among all
 * connections.
 *
 * @module
 */

/** A direction of the link: bytes leave in order, at a rate, and arrive later. */
class Lane {
  #free = 0;
  readonly #bytesPerMs: number;
  readonly #delay: number;

  constructor(mbit: number, delay: number) {
    this.#bytesPerMs = mbit * 1e6 / 8 / 1000;
    this.#delay = delay;
  }

  /** When `size` bytes that are sent now will have arrived. */
  arrival(size: number): number {
    const start = Math.max(performance.now(), this.#free);
    this.#free = start + size / this.#bytesPerMs;
    return this.#free + this.#delay;
  }

  /** How far behind the link is, in milliseconds: what a sender waits for. */
  backlog(): number {
    return Math.max(0, this.#free - performance.now());
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function carry(from: Deno.Conn, to: Deno.Conn, lane: Lane): Promise<void> {
  const buffer = new Uint8Array(16384);
  let tail = Promise.resolve();
  try {
    for (;;) {
      const n = await from.read(buffer);
      if (n === null) break;
      const bytes = buffer.slice(0, n);
      const due = lane.arrival(n);
      tail = tail.then(async () => {
        const wait = due - performance.now();
        if (wait > 0) await pause(wait);
        for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
      });
      tail.catch(() => {});
      if (lane.backlog() > 50) await pause(lane.backlog() - 25);
    }
    await tail;
    await to.closeWrite();
  } catch {
    for (const end of [from, to]) {
      try {
        end.close();
      } catch { /* closed already */ }
    }
  }
}

if (import.meta.main) {
  const [port, mbit, rtt] = Deno.args.map(Number) as [number, number, number];
  const up = new Lane(mbit, rtt / 2);
  const down = new Lane(mbit, rtt / 2);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await Deno.stdout.write(new TextEncoder().encode(`${listener.addr.port}\n`));
  for await (const client of listener) {
    (async () => {
      await pause(rtt); // the handshake of TCP
      const server = await Deno.connect({ hostname: "127.0.0.1", port });
      client.setNoDelay();
      server.setNoDelay();
      await Promise.all([carry(client, server, up), carry(server, client, down)]);
      for (const end of [client, server]) {
        try {
          end.close();
        } catch { /* closed already */ }
      }
    })().catch(() => {});
  }
}
