/**
 * What tests need and not every system has: where it is missing, they are skipped and the reason is given. It is
 * asked of the program's own seam, so that tests are skipped alike where they are driven as another system
 * (`deno test --preload tests/fakes/platforms/as_windows.ts`).
 *
 * @module
 */

import process from "node:process";
import { platform } from "../../lib/system/platform.ts";

/** What a test may need. */
export type Need =
  /** Permission bits of files, and a umask. */
  | "modes"
  /** Owners of files, and users with numbers. */
  | "owners"
  /** `/proc`. */
  | "proc"
  /** Names that only some systems take: with `\\`, `:`, a dot at the end. */
  | "any name"
  /** Names that are no text: bytes that are not UTF-8. */
  | "names of bytes"
  /** Two names in one directory that differ in case alone. */
  | "case"
  /** A shell of POSIX, and the small programs that come with it. */
  | "shell"
  /** The programs of GNU: `tar`, `stat -c`, `sha256sum`. */
  | "GNU"
  /** Named pipes, sockets and devices as files. */
  | "pipes"
  /** Signals that are sent to another process and reach it. */
  | "signals"
  /** Files that are open and have no name. */
  | "unnamed files"
  /** A directory for temporary files that a variable names for every runtime. */
  | "TMPDIR"
  /** The system that this is, and not one that a test drives it as. */
  | "a system of its own"
  /** Symbolic links that are made as they are told. */
  | "links";

/** Why a test cannot run, where it cannot. */
const LACKS: Readonly<Record<Need, () => string | false>> = {
  "modes": () => !platform().hasModes && "no permission bits",
  "owners": () => !platform().hasOwners && "no owners",
  "proc": () => !platform().hasProc && "no /proc",
  "any name": () => platform().reservesNames && "names that it cannot hold",
  "case": () => platform().folds.case && "case does not count in names",
  "names of bytes": () => platform().os !== "linux" && "names are text",
  "unnamed files": () => !platform().unlinksOpenFiles && "an open file keeps its name",
  "TMPDIR": () => isWindows() && "temporary files are elsewhere",
  "a system of its own": () => platform().isActed && "driven as another system",
  "shell": () => isWindows() && "no shell of POSIX",
  "GNU": () => platform().os !== "linux" && "no programs of GNU",
  "pipes": () => isWindows() && "no named pipes",
  "signals": () => isWindows() && "no signals",
  "links": () => platform().linksHaveKinds && "links are of another kind",
};

function isWindows(): boolean {
  return platform().hasDrives || process.platform === "win32";
}

/**
 * Tells whether a test can run here.
 *
 * @param needs what it needs
 * @returns the reason why it is skipped; `false` when it is not
 */
export function lacks(...needs: Need[]): string | false {
  for (const need of needs) {
    const why = LACKS[need]();
    if (why) return `${platform().label}: ${why}`;
  }
  return false;
}

/**
 * The same, as options of a test: `skip` for `node:test`, `ignore` for Deno's.
 *
 * @param needs what it needs
 */
export function onlyWith(...needs: Need[]): { skip: string | false; ignore: boolean } {
  const why = lacks(...needs);
  return { skip: why, ignore: why !== false };
}

/**
 * Skips all tests of the file that calls it, before the first is declared, where the system lacks what they need.
 *
 * @param needs what they need
 */
export function fileNeeds(...needs: Need[]): void {
  const why = lacks(...needs);
  if (why === false || "Bun" in globalThis) return;
  const said = `skipped: the tests of this file, ${why}`;
  if (!("Deno" in globalThis)) {
    // deno-lint-ignore no-console -- reports skipped tests
    console.log(said);
    process.exit(0); // Node runs each file in a process of its own
  }
  // Each file has a global scope of its own under Deno, and Node's `test` is made of this there.
  const { ignore } = Deno.test;
  Object.assign(Deno, { test: ignore });
  ignore(said, () => {});
}
