/**
 * What differs between Deno, Node and Bun; but for the reading of files, which is in `disk.ts`, everything else
 * in the core uses web standards and modules of Node's. What differs between systems is in `platform.ts`.
 *
 * @module
 */

export { VERSION } from "../version.ts";

/** Which runtime this is. */
export const RUNTIME: "deno" | "bun" | "node" = "Deno" in globalThis
  ? "deno"
  : "Bun" in globalThis
  ? "bun"
  : "node";

type NodeModules = {
  crypto: typeof import("node:crypto");
  fs: typeof import("node:fs");
  net: typeof import("node:net");
  os: typeof import("node:os");
  process: typeof import("node:process");
  url: typeof import("node:url");
  worker_threads: typeof import("node:worker_threads");
  zlib: typeof import("node:zlib");
};

/** Modules that a file imports as it is, by name. */
const imported: Partial<NodeModules> = {};

/**
 * Takes a module that a file imports as it is, for {@linkcode nodeModule} to give: under Deno, the first that is
 * asked of the runtime in the other way brings many more along.
 */
export function shareModule<N extends keyof NodeModules>(name: N, module: NodeModules[N]): void {
  imported[name] = module;
}

/**
 * A module of Node's, loaded by the first call: under Deno each takes longer than a whole `ls` may, and
 * reading needs none of them where the web has the same.
 *
 * @param name without `node:`
 */
export function nodeModule<N extends keyof NodeModules>(name: N): NodeModules[N] {
  const there = imported[name];
  if (there !== undefined) return there as NodeModules[N];
  const { process } = globalThis as unknown as {
    process: { getBuiltinModule(name: string): unknown };
  };
  // It is the module itself; under Deno the way to any other loads many more.
  if (name === "process") return process as unknown as NodeModules[N];
  return process.getBuiltinModule(`node:${name}`) as NodeModules[N];
}

/** The oldest Node that is tested. */
export const OLDEST_NODE = "22.15.0";

/**
 * What to say where Node is too old: it lacks parts of the platform, and an error about the first of them tells
 * its user nothing.
 *
 * @param version the version of Node; nothing under other runtimes
 */
export function oldNode(
  version: string | undefined = RUNTIME === "node"
    ? nodeModule("process").versions.node
    : undefined,
): string | undefined {
  const parts = (text: string) => text.split(".").map(Number) as [number, number];
  const [[major, minor], [oldest, least]] = [parts(version ?? OLDEST_NODE), parts(OLDEST_NODE)];
  if (major > oldest || major === oldest && minor >= least) return undefined;
  return `this is Node ${version}, expected ${OLDEST_NODE} or newer`;
}

/** Node's SHA-256, which takes bytes as they come: the web's wants them all at once. */
export function startSha256(): ReturnType<NodeModules["crypto"]["createHash"]> {
  return nodeModule("crypto").createHash("sha256");
}

/** Processors that this process may use. */
export function processors(): number {
  return globalThis.navigator?.hardwareConcurrency ?? nodeModule("os").availableParallelism();
}

/** The system and the processor, as the runtime calls them; `platform.ts` has the names that count. */
export function systemOfRuntime(): { os: string; arch: string } {
  if (deno !== undefined) return deno.build;
  const { platform, arch } = nodeModule("process");
  return { os: platform, arch };
}

/**
 * The address of a module that is named by its address or by an absolute path.
 *
 * @returns `undefined` for what names none
 */
export function moduleAddress(module: unknown): string | undefined {
  if (module instanceof URL) return module.href;
  if (typeof module !== "string") return undefined;
  // A path of Windows looks like an address with a scheme of one letter.
  if (/^[a-z][a-z\d+.-]+:/i.test(module)) {
    return URL.canParse(module) ? new URL(module).href : undefined;
  }
  if (!/^([/\\]|[a-z]:[/\\])/i.test(module)) return undefined;
  return nodeModule("url").pathToFileURL(module).href;
}

/** Whether a module may be opened by its address without a question about a permission. */
export function mayOpenModule(address: string): boolean {
  if (deno === undefined || !address.startsWith("file:")) return true;
  return deno.permissions.querySync({ name: "read", path: new URL(address) }).state === "granted";
}

/** The variables of this process, as they are now. */
export function environment(): Record<string, string | undefined> {
  return deno?.env.toObject() ?? nodeModule("process").env;
}

/** Lets events through: what waits for its turn on this thread gets it before this is done. */
export function nextTurn(): Promise<void> {
  const { setImmediate } = globalThis as unknown as { setImmediate(call: () => void): void };
  return new Promise((resolve) => setImmediate(resolve));
}

/** Whether this process has as many files open as it may, where the runtime tells it in no other way. */
export function cannotOpenFiles(): boolean {
  if (RUNTIME !== "bun") return false;
  const { closeSync, openSync } = nodeModule("fs");
  try {
    closeSync(openSync("/dev/null", "r"));
  } catch (error) {
    return (error as { code?: unknown }).code === "EMFILE";
  }
  return false;
}

/**
 * As {@linkcode nextTurn}, and what comes from outside this thread gets its turn too: signals, the answers
 * of other threads. Deno looks for that only when it has nothing else to do, or every 61 turns; to wait for
 * another thread is to have nothing to do, and this is the shortest wait there is.
 */
export async function idleTurn(): Promise<void> {
  if (deno === undefined) await nextTurn();
  else await crypto.subtle.digest("SHA-256", new Uint8Array(0));
}

/** What a look at a file, not following links, tells. Times are in milliseconds since 1970. */
export interface FileStat {
  type: "file" | "directory" | "symlink" | "other";
  /** Bytes. */
  size: number;
  /** Permission bits and the three above them. */
  mode: number;
  mtime: number;
  ctime: number;
  /** Number of the file on its device; 0 where there is none. */
  inode: number;
}

/** What blobber uses of Deno: where its own call is markedly faster, or the only way. */
interface DenoCalls {
  build: { os: string; arch: string };
  env: { toObject(): Record<string, string> };
  permissions: { querySync(about: { name: "read"; path: URL }): { state: string } };
  lstatSync(path: string): {
    isFile: boolean;
    isDirectory: boolean;
    isSymlink: boolean;
    size: number;
    mode: number | null;
    mtime: Date | null;
    ctime?: Date | null;
    ino: number | null;
  };
  readDirSync(path: string): Iterable<{ name: string; isDirectory: boolean }>;
  createHttpClient(options: object): { close(): void };
}

const deno = (globalThis as { Deno?: DenoCalls }).Deno;

/**
 * Looks at a file without following a link. A walk spends most of its time here: in Deno its own call
 * takes 4.4 µs, the one of `node:fs` 11.
 *
 * @param path where it is
 */
export const statLink: (path: string) => FileStat = deno === undefined ? statNode : statDeno;

function statDeno(path: string): FileStat {
  const stat = deno!.lstatSync(path);
  return {
    type: stat.isFile
      ? "file"
      : stat.isDirectory
      ? "directory"
      : stat.isSymlink
      ? "symlink"
      : "other",
    size: stat.size,
    mode: (stat.mode ?? 0) & 0o7777,
    mtime: stat.mtime?.getTime() ?? 0,
    ctime: stat.ctime?.getTime() ?? 0,
    inode: stat.ino ?? 0,
  };
}

function statNode(path: string): FileStat {
  const stat = nodeModule("fs").lstatSync(path);
  return {
    type: stat.isFile()
      ? "file"
      : stat.isDirectory()
      ? "directory"
      : stat.isSymbolicLink()
      ? "symlink"
      : "other",
    size: stat.size,
    mode: stat.mode & 0o7777,
    mtime: Math.floor(stat.mtimeMs),
    ctime: Math.floor(stat.ctimeMs),
    inode: stat.ino,
  };
}

/**
 * Names in a directory, in the order of the file system, and whether each is a directory itself.
 *
 * @param path where it is
 */
export function listDirectory(path: string): { name: string; directory: boolean }[] {
  if (deno !== undefined) {
    return Array.from(
      deno.readDirSync(path),
      ({ name, isDirectory }) => ({ name, directory: isDirectory }),
    );
  }
  return nodeModule("fs").readdirSync(path, { withFileTypes: true })
    .map((found) => ({ name: found.name, directory: found.isDirectory() }));
}

/** How an HTTP client of Deno is to connect. */
export interface HttpClientOptions {
  /** PEM certificates trusted beside the system's. */
  caCerts?: string[] | undefined;
  proxy?: { url: string; username: string; password: string } | undefined;
}

/**
 * A client for Deno's `fetch`, over HTTP/1.1: with HTTP/2, which it would choose itself, uploads run at a
 * sixth of the speed.
 *
 * @param options how it is to connect
 * @returns nothing under other runtimes
 */
export function denoHttpClient(options: HttpClientOptions): { close(): void } | undefined {
  const { caCerts, proxy } = options;
  return deno?.createHttpClient({
    http2: false,
    ...(caCerts !== undefined && { caCerts }),
    ...(proxy !== undefined && {
      proxy: {
        url: proxy.url,
        ...(proxy.username !== "" && {
          basicAuth: { username: proxy.username, password: proxy.password },
        }),
      },
    }),
  });
}
