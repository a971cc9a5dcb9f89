/**
 * A temporary directory of a test file's own: what is left in the system's may be another process's.
 *
 * @module
 */

import { mkdtempSync, rmSync } from "node:fs";
import { after } from "node:test";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

/**
 * Makes one, and lets everything in this process use it until the tests of the calling file are done.
 *
 * @returns its path
 */
export function useOwnTemporary(): string {
  const path = mkdtempSync(join(tmpdir(), "blobber-test-"));
  const { TMPDIR } = process.env;
  process.env.TMPDIR = path;
  after(() => {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    rmSync(path, { recursive: true });
  });
  return path;
}
