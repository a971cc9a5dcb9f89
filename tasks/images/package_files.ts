/**
 * The files in a package of Debian. `dpkg-deb` takes it apart: packages have links with absolute targets, which
 * the library refuses in whatever it reads.
 *
 * @module
 */

import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A file or a link in a package. */
export interface PackageEntry {
  path: string;
  /** Where a symbolic link leads, as it is written. */
  linkTarget?: string;
  /** Permission bits, whatever the umask was: of a program, or of a file. */
  mode: number;
}

/** A package that is open. */
export interface OpenedPackage extends Disposable {
  /** What it says of itself, as dpkg keeps it. */
  readonly control: string;
  /** The files and links in it, by their paths. */
  readonly entries: readonly PackageEntry[];
  /** The content of a file. */
  read(path: string): Uint8Array;
}

/** Opens a package, which stands in a directory of its own as long as it is open. */
export function openPackage(file: string): OpenedPackage {
  const control = dpkg(["--field", file]);
  const dir = mkdtempSync(join(tmpdir(), "blobber-package-"));
  try {
    dpkg(["--extract", file, dir]);
    const entries = readdirSync(dir, { recursive: true, encoding: "utf8" }).sort()
      .flatMap((path) => entryOf(join(dir, path), path));
    return {
      control,
      entries,
      read: (path) => new Uint8Array(readFileSync(join(dir, path))),
      [Symbol.dispose]: () => rmSync(dir, { recursive: true }),
    };
  } catch (error) {
    rmSync(dir, { recursive: true });
    throw error;
  }
}

function entryOf(file: string, path: string): PackageEntry[] {
  const stat = lstatSync(file);
  if (stat.isDirectory()) return [];
  if (stat.isSymbolicLink()) return [{ path, mode: 0o777, linkTarget: readlinkSync(file) }];
  return [{ path, mode: stat.mode & 0o100 ? 0o755 : 0o644 }];
}

function dpkg(args: string[]): string {
  const { success, stdout, stderr } = new Deno.Command("dpkg-deb", { args, stdin: "null" })
    .outputSync();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`dpkg-deb: ${decoder.decode(stderr).trim()}`);
  return decoder.decode(stdout);
}
