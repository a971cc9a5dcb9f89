/**
 * Starts servers and waits until they say that they listen; runs programs and keeps what they print.
 *
 * @module
 */

/** What a program printed, and how it ended. */
export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
  /** stdout as bytes. */
  bytes: Uint8Array;
}

/** How a program is run. */
export interface RunOptions {
  cwd?: string;
  env?: Record<string, string>;
  stdin?: Uint8Array | string;
}

/** Runs a program to its end. */
export async function exec(
  program: string,
  args: string[],
  options: RunOptions = {},
): Promise<Ran> {
  const { stdin, ...rest } = options;
  const child = new Deno.Command(program, {
    args,
    ...rest,
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (stdin !== undefined) {
    const bytes = typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin;
    const writer = child.stdin.getWriter();
    await writer.write(bytes).then(() => writer.close()).catch(() => {});
  }
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr), bytes: stdout };
}

/** Runs a program that must succeed. */
export async function must(
  program: string,
  args: string[],
  options: RunOptions = {},
): Promise<Ran> {
  const ran = await exec(program, args, options);
  if (ran.code !== 0) {
    const name = program.split("/").at(-1);
    throw new Error(`${name} ${args.join(" ")}: exit ${ran.code}\n${ran.stdout}${ran.stderr}`);
  }
  return ran;
}

/** A server that runs as a child process. */
export interface Daemon {
  /** What the pattern found in its first lines. */
  found: string;
  /** What it has printed so far. */
  printed(): string;
  stop(): Promise<void>;
}

/**
 * Starts a server and waits for a line that matches.
 *
 * @param ready a pattern whose first group is the answer
 * @throws {Error} with everything that it printed, when it ends before
 */
export async function daemon(
  program: string,
  args: string[],
  ready: RegExp,
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Daemon> {
  const child = new Deno.Command(program, {
    args,
    ...options,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let seen = "";
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const drain = async (stream: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder();
    for await (const piece of stream) {
      if (seen.length > 1 << 20) continue;
      seen += decoder.decode(piece, { stream: true });
      const match = seen.match(ready);
      if (match) resolve(match[1] ?? match[0]);
    }
  };
  const drained = Promise.all([drain(child.stdout), drain(child.stderr)]);
  child.status.then(({ code }) => reject(new Error(`${program}: exit ${code}\n${seen}`)));
  const stop = async () => {
    try {
      child.kill("SIGTERM");
    } catch {
      // It has ended by itself.
    }
    const last = setTimeout(() => child.kill("SIGKILL"), 5000);
    await child.status;
    clearTimeout(last);
    await drained;
  };
  try {
    return { found: await promise, printed: () => seen, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Starts a server that does not say when it listens: see {@linkcode answers}.
 *
 * @returns `ended` rejects, with what it printed, when it ends before it is stopped
 */
export function serve(
  program: string,
  args: string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): { ended: Promise<never>; stop(): Promise<void> } {
  const stopped = Promise.withResolvers<void>();
  const child = new Deno.Command(program, {
    args,
    ...options,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.output();
  const ended = output.then(({ code, stdout, stderr }) => {
    const decoder = new TextDecoder();
    throw new Error(`${program}: exit ${code}\n${decoder.decode(stdout)}${decoder.decode(stderr)}`);
  });
  ended.catch(() => stopped.resolve());
  return {
    ended,
    async stop() {
      try {
        child.kill("SIGTERM");
      } catch {
        // It has ended by itself.
      }
      const last = setTimeout(() => child.kill("SIGKILL"), 5000);
      await stopped.promise;
      clearTimeout(last);
    },
  };
}

const given = new Set<number>();

/**
 * A port on which no server listens now, for servers that cannot choose one themselves. It is below the range from
 * which Linux and others assign ports, so that no other program gets it before the server has it.
 */
export function freePort(): number {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (given.has(port)) continue;
    given.add(port);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

/** Waits until an address answers over HTTP, whatever the answer. */
export async function answers(url: string, tries = 400): Promise<void> {
  let last: unknown;
  for (let i = 0; i < tries; i++) {
    try {
      const response = await fetch(url);
      await response.body?.cancel();
      if (response.ok) return;
      last = response.status;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no answer from ${url}: ${last}`);
}

/** A directory that is removed with what is in it; in memory where the system has a file system there. */
export class TempDir implements Disposable {
  readonly path: string;

  constructor(prefix = "blobber-") {
    let dir: string | undefined;
    try {
      if (Deno.statSync("/dev/shm").isDirectory) dir = "/dev/shm";
    } catch {
      // There is none: the ordinary one will do.
    }
    this.path = Deno.makeTempDirSync({ prefix, ...(dir === undefined ? {} : { dir }) });
  }

  /** A path below it. */
  at(name: string): string {
    return `${this.path}/${name}`;
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}
