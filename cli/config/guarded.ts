/**
 * Files that speak for the system: its configuration, and the keys, certificates and trust roots that it names.
 * They count only if no user but root could have put them there, which depends on every directory and link on
 * the way as much as on the file.
 *
 * @module
 */

import {
  type InputFile,
  type InputOptions,
  readInputSync,
} from "@blobber/core/internal/input-file";
import { platform } from "@blobber/core/internal/platform";
import { printable } from "@blobber/core/internal/printable";
import { type FileLook, isMissing, lookAtLink, readLink } from "../machine.ts";

/** How to read. */
export interface GuardedOptions extends InputOptions {
  /** Users who may own what is on the way: root, and for what only serves a user that user. @default [0] */
  owners?: readonly number[];
}

/** Links that are followed on the way: as many as Linux follows. */
const MAX_LINKS = 40;
const STICKY = 0o1000;
const OTHERS_WRITE = 0o022;

/**
 * Reads a regular file that no other user can have made, changed, replaced or removed.
 *
 * @param path absolute
 * @returns nothing when there is no such name: anything else, a link that leads nowhere included, is a fault
 * @throws what `fail` makes
 */
export function readGuarded(path: string, options: GuardedOptions): InputFile | undefined {
  if (!platform().hasOwners) {
    throw options.fail("this operating system does not tell who may change it");
  }
  const found = walk(path, options);
  // The file that was judged is opened, and no other.
  return found === undefined ? undefined : readInputSync(found.path, options, found);
}

/** A file behind its links. */
interface Found {
  path: string;
  dev: number;
  ino: number;
}

/** Walks from the root of the file system, and checks owner and mode at each step. */
function walk(path: string, { owners = [0], fail }: GuardedOptions): Found | undefined {
  let at = "";
  let info = lookOrFail("/", fail)!;
  let links = 0;
  const ahead = partsOf(path);
  judge("/", info, { owners, fail });
  for (let name = ahead.shift(); name !== undefined; name = ahead.shift()) {
    if (name === "..") {
      at = at.slice(0, Math.max(0, at.lastIndexOf("/")));
      info = lookOrFail(at === "" ? "/" : at, fail)!;
      continue;
    }
    if (!info.isDirectory) throw fail(`${printable(at)} is not a directory`);
    const next = `${at}/${name}`;
    const found = lookOrFail(next, fail);
    if (found === undefined) {
      if (links === 0) return undefined;
      throw fail(`a link on the way leads to ${printable(next)}, which does not exist`);
    }
    // In a sticky directory only the owner of an entry replaces it.
    if (isOpen(info) && !(has(info, STICKY) && owners.includes(found.uid ?? -1))) {
      throw fail(
        `other users can replace ${printable(next)}: ${printable(at || "/")} has the mode ${
          modeOf(info)
        }`,
      );
    }
    judge(next, found, { owners, fail });
    if (!found.isSymlink) {
      [at, info] = [next, found];
      continue;
    }
    if (++links > MAX_LINKS) throw fail("there are too many links on the way");
    const target = targetOf(next, fail);
    ahead.unshift(...partsOf(target));
    if (target.startsWith("/")) [at, info] = ["", lookOrFail("/", fail)!];
  }
  if (!info.isDirectory && isOpen(info)) {
    throw fail(`other users can change ${printable(at)}: it has the mode ${modeOf(info)}`);
  }
  return { path: at === "" ? "/" : at, dev: info.dev, ino: info.ino ?? -1 };
}

function partsOf(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

function lookOrFail(path: string, fail: GuardedOptions["fail"]): FileLook | undefined {
  try {
    return lookAtLink(path);
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw fail(`cannot read ${printable(path)}`, cause);
  }
}

function targetOf(path: string, fail: GuardedOptions["fail"]): string {
  try {
    return readLink(path);
  } catch (cause) {
    throw fail(`cannot read ${printable(path)}`, cause);
  }
}

function judge(
  path: string,
  { uid }: FileLook,
  { owners, fail }: Required<Pick<GuardedOptions, "owners" | "fail">>,
): void {
  if (uid !== null && owners.includes(uid)) return;
  throw fail(
    `${printable(path)} belongs to ${
      uid === null ? "an unknown user" : `the user ${uid}`
    }, expected ${owners.includes(0) && owners.length === 1 ? "root" : "root or this user"}`,
  );
}

const has = ({ mode }: FileLook, bits: number) => ((mode ?? OTHERS_WRITE) & bits) !== 0;
const isOpen = (info: FileLook) => has(info, OTHERS_WRITE);
const modeOf = ({ mode }: FileLook) => ((mode ?? 0) & 0o7777).toString(8);
