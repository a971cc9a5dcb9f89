/**
 * Programs that run as other users of this machine, for tests of what one can do to another. That takes
 * root; tests that need it say why they are skipped.
 *
 * @module
 */

import { chmodSync, chownSync, lchownSync, lstatSync, mkdirSync, mkdtempSync } from "node:fs";
import { readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inRoot } from "../../../tasks/run.ts";
import { lacks } from "../only_on.ts";

/** Two users that need no names. */
export const ALICE = 42_421;
export const BOB = 42_422;

/** Why no program can be run as another user here; nothing when it can. */
export const noOtherUsers: string | undefined = (() => {
  if (lacks("GNU")) return "only Linux has setpriv";
  if (Deno.uid() !== 0) return "only root becomes another user";
  try {
    const [program, ...args] = wordsAs(ALICE, ["test", "-r", inRoot("mod.ts")]);
    const { success } = new Deno.Command(program!, { args }).outputSync();
    return success ? undefined : "other users cannot read this project";
  } catch {
    return "setpriv is not installed";
  }
})();

function wordsAs(uid: number, words: string[]): string[] {
  const ids = [`--reuid=${uid}`, `--regid=${uid}`, "--clear-groups"];
  return uid === Deno.uid() ? words : ["setpriv", ...ids, "--", ...words];
}

/** A directory that all users can enter and only its owner can change, removed at the end. */
export class SharedPlace implements Disposable {
  readonly dir: string;

  constructor() {
    this.dir = realpathSync(mkdtempSync(join(tmpdir(), "blobber-users-")));
    chmodSync(this.dir, 0o755);
  }

  /** A path in it. */
  at(...names: string[]): string {
    return join(this.dir, ...names);
  }

  /** Makes a directory of a user's. */
  directory(name: string, uid: number, mode = 0o755): string {
    const path = this.at(name);
    mkdirSync(path, { recursive: true });
    give(path, uid);
    chmodSync(path, mode);
    return path;
  }

  /** Starts a program of the tests as a user. */
  start(uid: number, script: string, options: ProgramOptions): Program {
    const home = this.directory(`home-${uid}`, uid, 0o700);
    const permissions = options.permissions ?? ["-A"];
    const [program, ...args] = wordsAs(uid, [
      ...[Deno.execPath(), "run", "--quiet", "--no-lock", "--no-prompt", ...permissions],
      ...[inRoot(script), JSON.stringify(options.input)],
    ]);
    const env: Record<string, string> = { PATH: Deno.env.get("PATH") ?? "", HOME: home };
    const own = `${Deno.env.get("HOME")}/.cache/deno`;
    env.DENO_DIR = uid === Deno.uid() ? Deno.env.get("DENO_DIR") ?? own : `${home}/deno`;
    const child = new Deno.Command(program!, {
      ...{ args, env, clearEnv: true, cwd: this.dir },
      ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
    }).spawn();
    return new Program(child);
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** How a program is run. */
export interface ProgramOptions {
  /** Given to it as JSON. */
  input: unknown;
  /** Flags of Deno. @default ["-A"] */
  permissions?: string[];
}

/** A program that reports where it is, and goes on when it is told to. */
export class Program {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;

  constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#writer = child.stdin.getWriter();
  }

  /**
   * Runs it to its end.
   *
   * @param onLine called with each line that it prints, before it goes on
   * @returns its last line, which is JSON
   */
  async result<T>(onLine: (line: string) => void = () => {}): Promise<T> {
    const errors = new Response(this.#child.stderr).text();
    let last = "";
    let rest = "";
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        onLine(last = line);
        await this.#writer.write(new TextEncoder().encode("\n")).catch(() => {});
      }
    }
    await this.#writer.close().catch(() => {});
    await this.#child.status;
    const said = await errors;
    if (said !== "") throw new Error(said);
    return JSON.parse(last);
  }
}

/** Gives a file, or a directory with all that is in it, to a user. Links are not followed. */
export function give(path: string, uid: number): void {
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) return lchownSync(path, uid, uid);
  chownSync(path, uid, uid);
  if (!stat.isDirectory()) return;
  for (const name of readdirSync(path)) give(join(path, name), uid);
}
