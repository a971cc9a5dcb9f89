/**
 * Progress, notices and errors on stderr, in the form that fits: a bar on a terminal, sentences in a log,
 * JSON lines for a program, or nothing.
 *
 * @module
 */

import type { Notice, Observer, Progress } from "@blobber/core";
import { printableSentence, withoutTokens } from "@blobber/core/internal/printable";
import { type Screen, toJson } from "./output.ts";
import { barLine, plainLine } from "./lines.ts";
import { ProgressState, type Snapshot } from "./state.ts";
import { unrefTimer } from "../machine.ts";

/** Work that ends sooner shows no progress, in milliseconds. */
const QUIET_MS = 1000;
/** Between two drawings of the bar, in milliseconds. */
const DRAW_MS = 100;
/** Between two sentences or JSON lines about one phase, in milliseconds. */
const LINE_MS = 2000;

/** Forms of progress. */
export type ProgressForm = "tty" | "plain" | "json" | "none";

/** What a reporter is made from. */
export interface ReporterOptions {
  form: ProgressForm;
  /** Notices and errors as JSON lines. */
  json: boolean;
  /** No notices but warnings. */
  quiet: boolean;
  /** Notices of every level, and stacks. */
  verbose: boolean;
  /** Nothing at all, not even an error: the program runs while the user types. */
  silent?: boolean;
  /** A person sees it: what came of the work is summed up in a line. @default false */
  person?: boolean;
  color: boolean;
  /** Where it is shown. */
  screen: Screen;
  /** Width of the terminal. */
  columns: () => number;
  /** Breaks the lines of a message for the terminal. @default none are broken */
  fold?: ((text: string) => string) | undefined;
  /** Milliseconds from a clock that does not jump. */
  now: () => number;
}

/** Renders what the library tells. */
export class Reporter {
  readonly #options: ReporterOptions;
  readonly #state: ProgressState;
  readonly #lines = new Map<Progress["phase"], number>();
  readonly #told = new Set<string>();
  readonly #began: number;
  #drawn = -Infinity;
  #closed = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** @param options see there */
  constructor(options: ReporterOptions) {
    this.#options = options;
    this.#state = new ProgressState(options.now);
    this.#began = options.now();
  }

  /** Takes a report of the library. */
  readonly onProgress = (progress: Progress): void => {
    const { form, now } = this.#options;
    if (form === "none" || this.#closed) return;
    this.#state.update(progress);
    const at = now();
    if (form === "tty" && this.#timer === undefined) return this.#startTimer();
    if (at - this.#began < QUIET_MS) return;
    if (form === "tty") return this.#draw(at);
    // A program may want all phases, a person reads one.
    if (form === "plain" && this.#state.waits(progress.phase)) return;
    const snapshot = this.#state.phase(progress.phase)!;
    if (snapshot.elapsed < QUIET_MS) return;
    const last = this.#lines.get(progress.phase);
    // The end of a phase is reported if its progress was.
    const due = progress.finished ? last !== undefined : at - (last ?? -Infinity) >= LINE_MS;
    if (!due || last === Infinity) return;
    this.#lines.set(progress.phase, progress.finished ? Infinity : at);
    this.#write(form === "json" ? toJson({ progress: jsonOf(snapshot) }) : plainLine(snapshot));
  };

  /** Takes a notice of the library, or of the command line itself. */
  readonly onNotice = ({ level, code, message }: Notice): void => {
    const { quiet, verbose, silent, json } = this.#options;
    if (silent) return;
    if (level === "debug" && !verbose) return;
    if (level === "info" && quiet) return;
    if (json) {
      return this.#write(toJson({ notice: { level, code, message: withoutTokens(message) } }));
    }
    const shown = printableSentence(withoutTokens(message));
    const text = level === "warning"
      ? `${this.#paint("33", "Warning:")} ${shown}`
      : level === "info"
      ? `Note: ${shown}`
      : `Debug: ${shown}`;
    // The same message again says nothing new.
    if (level !== "debug" && this.#told.has(text)) return;
    this.#told.add(text);
    this.#tell(text);
  };

  /** What a call of the library takes, to report here and to be stopped by a signal. */
  observer(signal: AbortSignal): Observer {
    return { onProgress: this.onProgress, onNotice: this.onNotice, signal };
  }

  /**
   * Shows what a person or a program needs to go on, before the error that says why it ends here.
   *
   * @param document for a program
   * @param lines for a person, escaped
   */
  show(document: Record<string, unknown>, lines: readonly string[]): void {
    if (this.#options.json) this.#write(toJson(document));
    else this.#tell(lines.join("\n"));
  }

  /**
   * Tells a person in one line what came of the work, when all of it is done: where stderr is a terminal, and
   * more than warnings is wanted.
   *
   * @param text without a full stop, or what makes it of how long the work took: `in 1.9 s`
   */
  async done(text: string | ((took: string) => string | Promise<string>)): Promise<void> {
    const { person = false, quiet, silent = false, json, now } = this.#options;
    if (!person || quiet || silent || json) return;
    const { tookText } = await import("./summary.ts");
    const line = typeof text === "string" ? text : await text(tookText(now() - this.#began));
    this.close();
    this.#tell(printableSentence(withoutTokens(line)));
  }

  /** Reports a warning. */
  warn(code: string, message: string): void {
    this.onNotice({ level: "warning", code, message });
  }

  /**
   * Shows the error that ended the command.
   *
   * @param thrown what was caught
   * @param about the command that was run, where one was, and a hint for an error that has none
   * @returns the exit status that follows from it
   */
  async error(
    thrown: unknown,
    { command, hint: other }: { command?: string; hint?: string | undefined } = {},
  ): Promise<number> {
    this.close();
    // Most runs end well and never load it.
    const { describeError } = await import("./error_text.ts");
    const described = describeError(thrown, command);
    const form = { ...described, hint: described.hint ?? (other && printableSentence(other)) };
    const { json, verbose, silent } = this.#options;
    if (silent) return form.exitStatus;
    if (json) {
      const { code, message, hint, exitStatus } = form;
      this.#write(toJson({ error: { code, message, hint, exitStatus } }));
    } else {
      this.#tell(`${this.#paint("31;1", "Error:")} ${form.message}`);
      if (form.hint !== undefined) this.#tell(`Hint: ${form.hint}`);
      if (verbose && form.stack !== undefined) this.#tell(form.stack);
    }
    return form.exitStatus;
  }

  /** Removes the bar and shows nothing more of progress. */
  close(): void {
    if (this.#timer !== undefined) clearInterval(this.#timer);
    this.#timer = undefined;
    this.#closed = true;
    this.#options.screen.erase();
  }

  /** Draws by the clock too: work that reports once and then goes on for long has not ended. */
  #startTimer(): void {
    this.#timer ??= setInterval(() => {
      if (this.#options.now() - this.#began >= QUIET_MS) this.#draw(this.#options.now());
    }, QUIET_MS / 2);
    unrefTimer(this.#timer);
  }

  #draw(at: number): void {
    if (at - this.#drawn < DRAW_MS) return;
    this.#drawn = at;
    const { screen, columns, color } = this.#options;
    const width = columns();
    screen.draw(this.#state.current().map((snapshot) => barLine(snapshot, width, { color })));
  }

  /** Shows a message to a person. */
  #tell(text: string): void {
    const { fold } = this.#options;
    this.#write(fold === undefined ? text : fold(text));
  }

  #write(line: string): void {
    this.#options.screen.say(line);
  }

  #paint(code: string, text: string): string {
    return this.#options.color ? `\x1b[${code}m${text}\x1b[0m` : text;
  }
}

function jsonOf({ phase, done, total, unit, finished }: Snapshot): Record<string, unknown> {
  return { phase, done, total, unit, finished };
}

/**
 * Chooses the form of progress.
 *
 * @param wanted `--progress`
 * @param around what is known about stderr and the other settings
 */
export function progressForm(
  wanted: "auto" | ProgressForm,
  around: { json: boolean; quiet: boolean; terminal: boolean; dumb: boolean },
): ProgressForm {
  if (wanted !== "auto") return wanted;
  if (around.quiet) return "none";
  if (around.terminal && !around.dumb) return "tty";
  // A program that reads JSON wants only the error on stderr.
  return around.json ? "none" : "plain";
}
