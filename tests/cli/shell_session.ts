/**
 * A real shell on a terminal of its own, into which a test types. `blobber` completes as the real program
 * does; what it is run with is written down in place of being done, so that a test sees the very words
 * that a user's TAB has led to.
 *
 * @module
 */

import { programWords, type Workplace } from "./program.ts";
import { lacks } from "../fakes/only_on.ts";

/** Shells that can be driven. */
export type ShellName = "bash" | "zsh" | "fish";

const PROMPT = "@ready@";
const DONE = "@done@";
const START: Record<ShellName, string> = {
  bash: "bash --norc --noprofile -i",
  zsh: "zsh -f -i",
  fish: "fish --no-config -i",
};
const SETUP: Record<ShellName, string[]> = {
  bash: ["bind 'set enable-bracketed-paste off'", "source <(the-real-blobber completion bash)"],
  zsh: [
    "unsetopt zle_bracketed_paste prompt_sp",
    "autoload -U compinit && compinit -D -u",
    "source <(the-real-blobber completion zsh)",
  ],
  fish: ["the-real-blobber completion fish | source"],
};
const SHOW_PROMPT: Record<ShellName, string> = {
  bash: `PS1='@rea''dy@'`,
  zsh: `PS1='@rea''dy@'`,
  fish: `function fish_prompt; printf '@rea''dy@'; end`,
};
/** A test that waits this long waits for nothing, in milliseconds. */
const PATIENCE_MS = 30_000;

/** Whether the shell, and what gives it a terminal, are there. */
export function hasShell(name: ShellName): boolean {
  return !lacks("GNU") && ["script", name].every((program) => {
    try {
      return new Deno.Command(program, { args: ["--version"], stdout: "null", stderr: "null" })
        .outputSync().success;
    } catch {
      return false;
    }
  });
}

/** A shell that waits for words. */
export class ShellSession implements AsyncDisposable {
  readonly #at: Workplace;
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #output = "";
  #changed = Promise.withResolvers<void>();

  private constructor(at: Workplace, child: Deno.ChildProcess) {
    this.#at = at;
    this.#child = child;
    this.#writer = child.stdin.getWriter();
  }

  /** Starts a shell with completion set up. */
  static async open(name: ShellName, at: Workplace): Promise<ShellSession> {
    const words = programWords().map((word) => `'${word}'`).join(" ");
    await at.write("path/the-real-blobber", `#!/bin/sh\nexec ${words} "$@"\n`, 0o755);
    await at.write(
      "path/blobber",
      '#!/bin/sh\n[ "$1" = __complete ] && exec the-real-blobber "$@"\n' +
        `printf '%s\\0' "$@" > '${at.dir}/words'\necho '@do''ne@'\n`,
      0o755,
    );
    const child = new Deno.Command("script", {
      args: ["-qec", START[name], "/dev/null"],
      cwd: at.dir,
      env: at.environment({
        PATH: `${at.dir}/path:${Deno.env.get("PATH")}`,
        TERM: "xterm",
        LC_ALL: "C.UTF-8",
        COLUMNS: "200",
      }),
      clearEnv: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const session = new ShellSession(at, child);
    session.#collect();
    for (const line of [SHOW_PROMPT[name], ...SETUP[name]]) {
      session.#output = "";
      await session.#write(line + "\n");
      await session.#wait(PROMPT);
    }
    return session;
  }

  /**
   * Types text with TABs in it, then Enter.
   *
   * @returns the words that the program was run with
   */
  async run(text: string): Promise<string[]> {
    this.#output = "";
    await this.#write(text + "\n");
    await this.#wait(DONE);
    const words = (await this.#at.read("words")).split("\0").slice(0, -1);
    // The prompt behind it: until then the shell would take what is typed for the program's input.
    await this.#wait(PROMPT, this.#output.indexOf(DONE));
    return words;
  }

  /** Everything the terminal showed since the last line was begun. */
  get output(): string {
    return this.#output;
  }

  async #write(text: string): Promise<void> {
    await this.#writer.write(new TextEncoder().encode(text));
  }

  async #collect(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of this.#child.stdout) {
      this.#output += decoder.decode(bytes, { stream: true });
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    }
  }

  async #wait(text: string, from = 0): Promise<void> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new Error(`the shell did not come to ${text}:\n${this.#output}`)),
      PATIENCE_MS,
    );
    try {
      while (!this.#output.includes(text, from)) {
        await Promise.race([this.#changed.promise, late.promise]);
      }
    } finally {
      clearTimeout(timer);
      late.promise.catch(() => {});
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close().catch(() => {});
    this.#child.kill("SIGKILL");
    await this.#child.status;
  }
}
