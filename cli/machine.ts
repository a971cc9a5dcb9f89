/**
 * What the command line needs of the process that it is and of the runtime that runs it: the one file of `cli/`
 * that knows Deno from Node and Bun. What differs between operating systems is the core's
 * (`@blobber/core/internal/platform`).
 *
 * Deno's own calls are used where there are any: under Deno every module of Node's takes longer to load than a
 * command that reads may.
 *
 * @module
 */

import type { StopSignal } from "@blobber/core/internal/platform";

const deno = "Deno" in globalThis ? Deno : undefined;

interface NodeModules {
  child_process: typeof import("node:child_process");
  fs: typeof import("node:fs");
  process: typeof import("node:process");
  tty: typeof import("node:tty");
  url: typeof import("node:url");
  worker_threads: typeof import("node:worker_threads");
}

/** As in the core, of which nothing is loaded for the answer to `--version`. */
function nodeModule<N extends keyof NodeModules>(name: N): NodeModules[N] {
  const { process } = globalThis as unknown as { process: NodeModules["process"] };
  return process.getBuiltinModule(`node:${name}`) as NodeModules[N];
}

/** Milliseconds between two tries to write to what takes nothing now. */
const FULL_MS = 5;

/** The arguments of the program. */
export function programArguments(): readonly string[] {
  return deno?.args ?? nodeModule("process").argv.slice(2);
}

/** Ends the process now, whatever is open. */
export function exit(status: number): never {
  if (deno !== undefined) return deno.exit(status);
  const process = nodeModule("process");
  // Node waits for threads that look up a host or read a dead disk: a further Ctrl-C ends it then.
  for (const signal of listened) process.removeAllListeners(signal);
  return process.exit(status);
}

/** Signals that end the process no more by themselves. */
const listened = new Set<StopSignal>();

/** A variable of the environment. */
export function variable(name: string): string | undefined {
  return deno === undefined ? nodeModule("process").env[name] : deno.env.get(name);
}

/** All variables of the environment. */
export function variables(): Record<string, string> {
  // It has no variable without a value but by its type.
  return deno?.env.toObject() ?? { ...nodeModule("process").env as Record<string, string> };
}

/** What the runtime calls a thread: one of the core's, where this module is in a bundle, runs the program too. */
export function threadName(): unknown {
  return deno === undefined
    ? nodeModule("worker_threads").workerData
    : (globalThis as { name?: unknown }).name;
}

/** The address of the module that the runtime was started with; nothing where it is in no file. */
export function mainModule(): string | undefined {
  if (deno !== undefined) return deno.mainModule;
  try {
    const path = nodeModule("fs").realpathSync(nodeModule("process").argv[1]!);
    return nodeModule("url").pathToFileURL(path).href;
  } catch {
    return undefined;
  }
}

/** The file of the program, where its runtime is in it: the file of a runtime that only runs it is another's. */
export function ownBinary(): string | undefined {
  if (deno === undefined) return undefined;
  const program = deno.execPath();
  const runsItself = deno.mainModule === nodeModule("url").pathToFileURL(program).href;
  return deno.build.standalone || runsItself ? program : undefined;
}

/** The runtime and what it is built of, by name, the runtime first. */
export function runtimeVersions(): [name: string, version: string][] {
  if (deno !== undefined) {
    const { deno: own, v8, typescript } = deno.version;
    return [["deno", own], ["v8", v8], ["typescript", typescript]];
  }
  const { versions } = nodeModule("process");
  const { bun, node, v8, webkit } = versions;
  return bun !== undefined ? [["bun", bun], ["webkit", `${webkit}`]] : [["node", node], ["v8", v8]];
}

/** Runs something when a signal arrives, in place of what it does by itself. */
export function onSignal(signal: StopSignal, call: () => void): void {
  listened.add(signal);
  if (deno === undefined) nodeModule("process").on(signal, call);
  else deno.addSignalListener(signal, call);
}

/** Does not let a timer keep the process going. */
export function unrefTimer(timer: ReturnType<typeof setTimeout>): void {
  if (deno === undefined) (timer as unknown as { unref(): void }).unref();
  else deno.unrefTimer(timer as unknown as number);
}

/** The bits that new files do not get. */
export function umask(): number {
  return deno?.umask() ?? nodeModule("process").umask();
}

/** The user of this process; nothing where the system has no numbers for users. */
export function userId(): number | undefined {
  return (deno === undefined ? nodeModule("process").getuid?.() : deno.uid()) ?? undefined;
}

/**
 * Runs another program to its end. It reads and writes nothing of ours, and no shell sees its arguments.
 *
 * @throws when it cannot be started
 */
export async function runSilently(program: string, args: readonly string[]): Promise<void> {
  if (deno !== undefined) {
    const streams = { stdin: "null", stdout: "null", stderr: "null" } as const;
    await new deno.Command(program, { args: [...args], ...streams }).spawn().status;
    return;
  }
  await new Promise((resolve, reject) => {
    nodeModule("child_process").spawn(program, args, { stdio: "ignore", windowsHide: true })
      .on("error", reject).on("exit", resolve);
  });
}

/** Standard input. */
export const stdin = {
  /** Whether it is a terminal. */
  isTerminal: (): boolean => deno?.stdin.isTerminal() ?? nodeModule("tty").isatty(0),

  /** All of it, once. */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return deno?.stdin.readable ?? new ReadableStream({
      async pull(controller) {
        const bytes = await nextInput();
        if (bytes === undefined) controller.close();
        else controller.enqueue(bytes);
      },
    }, { highWaterMark: 0 });
  },

  /**
   * Waits for some of it.
   *
   * @returns nothing at its end
   */
  async read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (deno === undefined) return await nextInput();
    const buffer = new Uint8Array(1024);
    const count = await deno.stdin.read(buffer);
    return count === null ? undefined : buffer.subarray(0, count);
  },

  /**
   * Has the terminal show nothing of what is typed, and give it at once.
   *
   * @param cbreak whether it keeps keys such as Ctrl-C, where the runtime can tell it to; {@linkcode pressed}
   * does what they are for where they arrive
   * @returns ends it
   */
  hide(cbreak: boolean): () => void {
    if (deno !== undefined) {
      deno.stdin.setRaw(true, { cbreak });
      return () => deno.stdin.setRaw(false);
    }
    const { stdin } = nodeModule("process");
    stdin.setRawMode(true);
    return () => void stdin.setRawMode(false);
  },
};

/** A wait for input that was given up goes on, and has what comes next. */
let waiting: Promise<Uint8Array<ArrayBuffer> | undefined> | undefined;

/** Not by `node:fs`: a thread that waits there keeps the process from ending. */
function nextInput(): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { stdin } = nodeModule("process");
  return waiting ??= new Promise<Uint8Array<ArrayBuffer> | undefined>((resolve, reject) => {
    const settle = () => {
      const bytes: Uint8Array<ArrayBuffer> | null = stdin.read();
      if (bytes === null && !stdin.readableEnded && stdin.errored === null) return;
      for (const event of ["readable", "end", "error"]) stdin.off(event, settle);
      if (bytes === null && stdin.errored !== null) reject(stdin.errored);
      else resolve(bytes ?? undefined);
    };
    for (const event of ["readable", "end", "error"]) stdin.on(event, settle);
    settle();
  }).finally(() => waiting = undefined);
}

/** Keys that a terminal gives to a program in place of a signal, where it keeps none for itself. */
const KEYS: Readonly<Record<string, "SIGINT" | "SIGQUIT" | "SIGTSTP">> = {
  "\x03": "SIGINT",
  "\x1c": "SIGQUIT",
  "\x1a": "SIGTSTP",
};

/**
 * Does what a key such as Ctrl-C is for, where the runtime leaves it to the program. The system must have signals.
 *
 * @param key as it was read
 * @returns whether it is such a key, and is done with
 */
export function pressed(key: string): boolean {
  const signal = KEYS[key];
  if (signal === undefined || deno !== undefined) return false;
  const process = nodeModule("process");
  if (signal === "SIGTSTP") {
    process.stdin.setRawMode(false);
    process.once("SIGCONT", () => process.stdin.setRawMode(true));
  }
  process.kill(0, signal); // all programs that the terminal has in front, as it does itself
  return true;
}

/** A stream that the process writes to. */
export interface OutputStream {
  /** Whether it is a terminal. */
  isTerminal(): boolean;
}

/** Standard output. */
export const stdout: OutputStream & {
  /** Writes some of the bytes and says how many. Signals are let in meanwhile. */
  write(bytes: Uint8Array): Promise<number>;
} = {
  isTerminal: () => deno?.stdout.isTerminal() ?? nodeModule("tty").isatty(1),
  write: deno === undefined ? writeNode : (bytes) => deno.stdout.write(bytes),
};

/** Not by `node:fs`, as above. */
function writeNode(bytes: Uint8Array): Promise<number> {
  const { stdout } = nodeModule("process");
  // What failed is told to the one who wrote; without a listener, it would end the process.
  if (stdout.listenerCount("error") === 0) stdout.on("error", () => {});
  return new Promise((resolve, reject) => {
    stdout.write(bytes, (error) => error ? reject(error) : resolve(bytes.length));
  });
}

/** Standard error. */
export const stderr: OutputStream & {
  /** Writes all of the bytes before it returns. */
  writeSync(bytes: Uint8Array): void;
} = {
  isTerminal: () => deno?.stderr.isTerminal() ?? nodeModule("tty").isatty(2),
  writeSync(bytes) {
    for (let at = 0; at < bytes.length;) {
      const rest = bytes.subarray(at);
      at += deno === undefined ? writeSome(rest) : deno.stderr.writeSync(rest);
    }
  },
};

function writeSome(bytes: Uint8Array): number {
  try {
    return nodeModule("fs").writeSync(2, bytes);
  } catch (error) {
    if ((error as { code?: unknown }).code !== "EAGAIN") throw error;
    // It is the pipe that stdout is too, which Node does not wait for.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_MS);
    return 0;
  }
}

/**
 * Columns of the terminal.
 *
 * @returns nothing where it does not tell
 */
export function terminalColumns(): number | undefined {
  try {
    if (deno !== undefined) return deno.consoleSize().columns || undefined;
    const { stdout, stderr } = nodeModule("process");
    return [stderr, stdout].find((stream) => stream.isTTY)?.getWindowSize()[0] || undefined;
  } catch {
    return undefined;
  }
}

/** Whether something failed because there is no such file. */
export function isMissing(error: unknown): boolean {
  return (error as { code?: unknown } | undefined)?.code === "ENOENT";
}

/** What a look at a file tells. */
export interface FileLook {
  isFile: boolean;
  isDirectory: boolean;
  isSymlink: boolean;
  /** Permission bits and more, where the system has them. */
  mode: number | null;
  /** The user, where the system has numbers for them. */
  uid: number | null;
  dev: number;
  ino: number | null;
}

/** Looks at a file, behind links. */
export function look(path: string): FileLook {
  return deno?.statSync(path) ?? lookOf(nodeModule("fs").statSync(path));
}

/** Looks at a file or a link. */
export function lookAtLink(path: string): FileLook {
  return deno?.lstatSync(path) ?? lookOf(nodeModule("fs").lstatSync(path));
}

function lookOf(stats: import("node:fs").Stats): FileLook {
  return {
    isFile: stats.isFile(),
    isDirectory: stats.isDirectory(),
    isSymlink: stats.isSymbolicLink(),
    mode: stats.mode,
    uid: stats.uid,
    dev: stats.dev,
    ino: stats.ino,
  };
}

/** A name in a directory. */
export interface DirectoryEntry {
  name: string;
  isFile: boolean;
  isDirectory: boolean;
}

/** Reads the names in a directory, one after the other. */
export function* readDirectory(path: string): Generator<DirectoryEntry> {
  if (deno !== undefined) return yield* deno.readDirSync(path);
  const directory = nodeModule("fs").opendirSync(path);
  try {
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
      yield { name: entry.name, isFile: entry.isFile(), isDirectory: entry.isDirectory() };
    }
  } finally {
    directory.closeSync();
  }
}

/** The path behind links. */
export function realPath(path: string): string {
  return deno?.realPathSync(path) ??
    textOf(path, nodeModule("fs").realpathSync.native(path, "buffer"));
}

/** Where a link leads. */
export function readLink(path: string): string {
  return deno?.readLinkSync(path) ?? textOf(path, nodeModule("fs").readlinkSync(path, "buffer"));
}

/** A path as text. Where bytes are no UTF-8, Node would put another name's in their place. */
function textOf(path: string, found: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(found);
  } catch (cause) {
    throw new Error(`${JSON.stringify(path)} leads to a name that is not valid UTF-8`, { cause });
  }
}
