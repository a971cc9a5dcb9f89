/**
 * Who a process is, so that what it left behind can be told from what it still holds. A process number
 * alone is used again; together with the moment of its start it is not.
 *
 * @module
 */

import { platform, type System } from "./platform.ts";
import { nodeModule, startSha256 } from "./runtime.ts";

/** A process, as another one may read it from a file. */
export interface ProcessIdentity {
  pid: number;
  /** When it started, in the system's own count; empty where that cannot be told. */
  start: string;
  /** The run of the machine and the space of process numbers that `pid` belongs to. */
  space: string;
}

/** This process by the system that it acts as, which only tests change. */
const own = new Map<System, ProcessIdentity>();

/** This process. */
export function thisProcess(): ProcessIdentity {
  const { pid } = nodeModule("process");
  const here = platform();
  let known = own.get(here);
  if (known === undefined) {
    own.set(here, known = { pid, start: startOf(pid) ?? "", space: processSpace() });
  }
  return known;
}

/**
 * Whether a process still runs.
 *
 * @returns `undefined` when that cannot be told from here: another machine, container or missing permission
 */
export function isAlive(identity: ProcessIdentity): boolean | undefined {
  const { pid, start, space } = identity;
  if (space !== thisProcess().space) return undefined;
  const process = nodeModule("process");
  if (pid === process.pid) return start === thisProcess().start;
  const now = startOf(pid);
  if (now !== undefined) return start === "" ? undefined : now === start;
  try {
    process.kill(pid, 0);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "ESRCH") return false;
    if (code !== "EPERM") return undefined; // of EPERM it is known that there is one, of another user
  }
  // Where no moment of its start is known it may be another one, which has the number now.
  return start === "" ? undefined : true;
}

/**
 * Reads an identity that came from a file.
 *
 * @param value anything
 */
export function asIdentity(value: unknown): ProcessIdentity | undefined {
  const { pid, start, space } = (value ?? {}) as Partial<ProcessIdentity>;
  return Number.isSafeInteger(pid) && pid! > 0 && typeof start === "string" &&
      typeof space === "string"
    ? { pid: pid!, start, space }
    : undefined;
}

/**
 * A name for a file in the making that says whose it is.
 *
 * @param random what tells it from the process's other files, lower-case hexadecimal
 */
export function ownedName(random: string): string {
  const { pid, start, space } = thisProcess();
  return `blobber-${pid}-${start}-${space}-${random}`;
}

/**
 * Whether a name was made by {@linkcode ownedName} in a process that is gone.
 *
 * @param name a file's name
 */
export function isOrphan(name: string): boolean {
  const owner = ownerOf(name);
  return owner !== undefined && isAlive(owner) === false;
}

/**
 * The process that a name was made in by {@linkcode ownedName}.
 *
 * @param name a file's name
 */
export function ownerOf(name: string): ProcessIdentity | undefined {
  const match = /^blobber-(\d{1,15})-(\d*)-([0-9a-z]+)-[0-9a-f]+$/.exec(name);
  if (!match) return undefined;
  return asIdentity({ pid: Number(match[1]), start: match[2], space: match[3] });
}

/** Field 22 of proc(5) stat, counted behind the name, which may contain anything. */
function startOf(pid: number): string | undefined {
  if (!platform().hasProc) return undefined;
  try {
    const stat = nodeModule("fs").readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

function processSpace(): string {
  const { os, hasProc } = platform();
  return startSha256().update(hasProc ? spaceOfProc() ?? os : `${os} ${hostName()}`)
    .digest("hex").slice(0, 16);
}

function spaceOfProc(): string | undefined {
  const { readFileSync, readlinkSync } = nodeModule("fs");
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
    return `${boot} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return undefined;
  }
}

/** Tells machines apart that share a disk. */
function hostName(): string {
  try {
    return nodeModule("os").hostname();
  } catch { // the runtime does not let us know
    return "";
  }
}
