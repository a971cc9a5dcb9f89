/**
 * The program at a terminal of its own, and what is seen there.
 *
 * @module
 */

import { programWords, type Workplace } from "./program.ts";
import { ScreenModel } from "./screen_model.ts";
import { lacks } from "../fakes/only_on.ts";

/** Whether `script`, which gives a program a terminal, is there. */
export function hasTerminal(): boolean {
  if (lacks("GNU")) return false;
  try {
    return new Deno.Command("script", { args: ["--version"], stdout: "null", stderr: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
}

/** A test that waits this long waits for nothing, in milliseconds. */
const PATIENCE_MS = 30_000;

/** How to run the program there. */
export interface TerminalOptions {
  columns: number;
  env?: Record<string, string>;
  /** Behind the command line, for the shell: `> file`. */
  redirect?: string;
  /** What Deno is told to allow, and what else it is told. */
  permissions?: readonly string[];
}

/** A program that runs at a terminal. */
export class TerminalRun {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #columns: number;
  readonly #waiting: { pattern: RegExp; seen: () => void }[] = [];
  readonly #ended: Promise<void>;
  #written = "";

  /** Starts the program. */
  constructor(at: Workplace, args: string[], options: TerminalOptions) {
    const { columns, env = {}, redirect = "", permissions } = options;
    const words = [...programWords(permissions), ...args].map((word) => `'${word}'`).join(" ");
    this.#columns = columns;
    this.#child = new Deno.Command("script", {
      args: ["-qec", `stty cols ${columns} rows 24 && exec ${words} ${redirect}`, "/dev/null"],
      cwd: at.dir,
      env: at.environment({ TERM: "xterm", BLOBBER_PROGRESS: "auto", LC_ALL: "C.UTF-8", ...env }),
      clearEnv: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#ended = this.#collect();
  }

  /** What the terminal shows now. */
  get screen(): ScreenModel {
    return new ScreenModel(this.#columns).write(this.#written);
  }

  /** Everything that was written to the terminal. */
  get written(): string {
    return this.#written;
  }

  /** Resolves once something like this stands in the line of the cursor. */
  async shows(pattern: RegExp): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(
      () => reject(new Error(`${pattern} was never shown:\n${this.screen.rows.join("\n")}`)),
      PATIENCE_MS,
    );
    this.#waiting.push({ pattern, seen: resolve });
    this.#look();
    await promise.finally(() => clearTimeout(timer));
  }

  /** Types. */
  async type(text: string): Promise<void> {
    await this.#writer.write(new TextEncoder().encode(text));
  }

  /** Waits for the program to end. */
  async end(): Promise<{ status: number; screen: ScreenModel }> {
    const { code } = await this.#child.status;
    await this.#ended;
    await this.#writer.close().catch(() => {});
    return { status: code, screen: this.screen };
  }

  async #collect(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of this.#child.stdout) {
      this.#written += decoder.decode(bytes, { stream: true });
      this.#look();
    }
    // A program that has ended shows nothing more.
    for (const { seen } of this.#waiting.splice(0)) seen();
  }

  #look(): void {
    if (this.#waiting.length === 0) return;
    const { current } = this.screen;
    const found = this.#waiting.filter(({ pattern }) => pattern.test(current));
    for (const one of found) {
      this.#waiting.splice(this.#waiting.indexOf(one), 1);
      one.seen();
    }
  }
}
