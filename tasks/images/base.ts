/**
 * What both images stand on: the libraries that Deno's programs are linked with, certificates, and the few files
 * that libraries read. No shell, no package manager.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { posix } from "node:path";
import type { InputEntry } from "@blobber/core/estargz";
import { inRoot } from "../run.ts";
import { type Architecture, ARCHITECTURES } from "./architectures.ts";
import { openPackage, type PackageEntry } from "./package_files.ts";

/** The number of the user that everything runs as, and of its group: the one that images without root use. */
export const USER = 65532;
/** Its home. */
export const HOME = "home/blobber";
/** Where work is done: people mount a directory there. */
export const WORK = "work";
/** Where the runtime looks for certificates. */
export const CERTIFICATES = "etc/ssl/certs/ca-certificates.crt";

/** The libraries of glibc that Deno names, and those that glibc loads for names of hosts. */
const LIBRARIES =
  /^(ld-linux[\w-]*|libgcc_s|lib(c|m|dl|pthread|rt|util|resolv|nss_dns|nss_files))\.so\.\d$/;

/**
 * The entries of the base layer.
 *
 * @param packages the packages' files, by name
 * @param debian the release of Debian
 */
export function baseEntries(
  architecture: Architecture,
  packages: ReadonlyMap<string, string>,
  debian: string,
): InputEntry[] {
  const entries: InputEntry[] = accounts(debian);
  const certificates: Uint8Array[] = [];
  const isLibrary = libraryOf(architecture);
  for (const [name, file] of packages) {
    using opened = openPackage(file);
    entries.push(textFile(`var/lib/dpkg/status.d/${name}`, opened.control));
    for (const entry of opened.entries) {
      const { path, linkTarget, mode } = entry;
      if (isLibrary(path) || path === `usr/share/doc/${name}/copyright`) {
        if (linkTarget !== undefined) entries.push(relativeLink(entry));
        else entries.push({ type: "file", path, mode, content: opened.read(path) });
      } else if (path === "usr/share/doc/libgcc-s1") {
        // Its licence is its neighbour's.
        entries.push(relativeLink(entry));
      } else if (/^usr\/share\/ca-certificates\/.*\.crt$/.test(path)) {
        certificates.push(opened.read(path));
      }
    }
  }
  if (certificates.length === 0) throw new Error("the packages bring no certificates");
  entries.push({ type: "file", path: CERTIFICATES, content: joined(certificates) });
  return entries;
}

/** The entries of the layer with a shell. */
export function shellEntries(packages: ReadonlyMap<string, string>): InputEntry[] {
  const entries: InputEntry[] = [];
  for (const [name, file] of packages) {
    using opened = openPackage(file);
    entries.push(textFile(`var/lib/dpkg/status.d/${name}`, opened.control));
    for (const path of ["bin/busybox", `usr/share/doc/${name}/copyright`]) {
      const mode = opened.entries.find((entry) => entry.path === path)?.mode;
      entries.push({ type: "file", path, mode, content: opened.read(path) });
    }
  }
  for (const applet of APPLETS) {
    entries.push({ type: "symlink", path: `bin/${applet}`, linkTarget: "busybox" });
  }
  return entries;
}

/** The project's own licence. */
export function licence(): InputEntry {
  return textFile("usr/share/doc/blobber/copyright", readFileSync(inRoot("LICENSE"), "utf8"));
}

/** A file with a text. */
export function textFile(path: string, text: string): InputEntry {
  return { type: "file", path, content: new TextEncoder().encode(text) };
}

/** What scripts of CI systems call. */
const APPLETS =
  "[ ash awk basename cat chmod cp cut date dirname echo env expr false find grep gunzip gzip head id ln ls mkdir mktemp mv printf pwd readlink realpath rm rmdir sed sh sha256sum sleep sort stat tail tar tee test touch tr true uname uniq wc which xargs"
    .split(" ");

/** Whether a path is that of a library which is taken along, or of a link to the loader. */
function libraryOf(architecture: Architecture): (path: string) => boolean {
  const own = `lib/${ARCHITECTURES[architecture].libraries}`;
  return (path) =>
    LIBRARIES.test(posix.basename(path)) &&
    ["lib", "lib64", own].includes(posix.dirname(path).replace(/^usr\/(?=lib)/, ""));
}

/** A link whose target is named from where it is, so that it leads nowhere else once it is unpacked. */
function relativeLink({ path, linkTarget = "" }: PackageEntry): InputEntry {
  const target = posix.isAbsolute(linkTarget)
    ? posix.relative(`/${posix.dirname(path)}`, linkTarget)
    : linkTarget;
  return { type: "symlink", path, linkTarget: target };
}

/** The accounts, and what says which system this is: scanners read the list of packages by it. */
function accounts(debian: string): InputEntry[] {
  return [
    textFile(
      "etc/passwd",
      `root:x:0:0:root:/root:/sbin/nologin\nblobber:x:${USER}:${USER}:blobber:/${HOME}:/sbin/nologin\n`,
    ),
    textFile("etc/group", `root:x:0:\nblobber:x:${USER}:\n`),
    textFile("etc/nsswitch.conf", "hosts: files dns\n"),
    textFile(
      "etc/os-release",
      `NAME="blobber"\nPRETTY_NAME="blobber, on libraries of Debian ${debian}"\nID=debian\nVERSION_ID="${debian}"\n`,
    ),
  ];
}

/** Certificates in one file, each on lines of its own. */
function joined(certificates: readonly Uint8Array[]): Uint8Array {
  const decoder = new TextDecoder();
  return new TextEncoder().encode(
    certificates.map((pem) => `${decoder.decode(pem).trim()}\n`).join(""),
  );
}
