/**
 * Who holds a directory: each pull claims its destination by the name of its staging directory, made in
 * one step, and takes over from processes that are no more.
 *
 * @module
 */

import { mkdirSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { basename, join } from "node:path";
import process from "node:process";
import { digestOf, hexOf } from "../../digest.ts";
import { BlobberError } from "../../errors.ts";
import { quote } from "../../printable.ts";
import { errnoOf, fileSystemError } from "../fs_error.ts";

/** What all staging directories begin with. */
export const STAGING_PREFIX = ".blobber-";

/** Times that a claim is tried again: two that see each other both step back. */
const TRIES = 5;

// The destination, and the process that holds it: its id, and when it began, as ids are used again.
const NAME = /^\.blobber-([0-9a-f]{8})-([0-9a-z]+)-([0-9a-z]+)-[0-9a-f]{12}$/;

/** A claim, and what dead processes left behind. */
export interface Claim {
  /** The staging directory, which is the claim. */
  path: string;
  /** Staging directories for the same destination that no living process holds. */
  left: string[];
}

/**
 * Claims a destination.
 *
 * @param dir where the staging directory is made
 * @param destination what is claimed
 * @throws {BlobberError} `busy` when a living process holds it
 */
export async function claim(dir: string, destination: string): Promise<Claim> {
  const key = keyOf(destination);
  const self = `${process.pid.toString(36)}-${startOf(process.pid) ?? "0"}`;
  for (let tries = 1;; tries++) {
    const name = `${STAGING_PREFIX}${key}-${self}-${randomBytes(6).toString("hex")}`;
    const path = join(dir, name);
    makeDirectory(path);
    const { held, left } = othersIn(dir, name, key);
    if (held === undefined) return { path, left };
    rmdirSync(path);
    if (tries === TRIES) {
      throw new BlobberError(
        "busy",
        `another pull (process ${held}) is writing to ${quote(destination)}`,
        { hint: "wait until it has ended, or pull into another directory" },
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 60));
  }
}

/** Staging directories that dead processes left for a destination in a directory. */
export function leftBehind(dir: string, destination: string): string[] {
  try {
    return othersIn(dir, "", keyOf(destination)).left;
  } catch { // not ours to look into
    return [];
  }
}

function keyOf(destination: string): string {
  return hexOf(digestOf(basename(destination))).slice(0, 8);
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (cause) {
    throw fileSystemError("cannot make the staging directory", path, cause);
  }
}

function othersIn(dir: string, own: string, key: string): { held?: number; left: string[] } {
  const left: string[] = [];
  for (const name of readdirSync(dir)) {
    const [, destination, pid, start] = NAME.exec(name) ?? [];
    if (name === own || destination !== key) continue;
    const id = Number.parseInt(pid!, 36);
    if (isAlive(id, start!)) return { held: id, left };
    left.push(join(dir, name));
  }
  return { left };
}

/** When a process began, in the kernel's ticks: with its id, that names it for good. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // proc_pid_stat(5): the name in parentheses may hold anything; state is field 3, start field 22.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? undefined : Number(fields[19]).toString(36);
  } catch {
    return undefined;
  }
}

function isAlive(pid: number, start: string): boolean {
  if (startOf(process.pid) !== undefined) return startOf(pid) === start;
  try { // no /proc: the id is all there is
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) !== "ESRCH";
  }
}
