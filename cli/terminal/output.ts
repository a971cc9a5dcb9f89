/**
 * Output. The result on stdout, messages on stderr and the progress bar may all be on one terminal: a single owner
 * removes the bar before anything else is written.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { escapeUnseen, printableLines } from "@blobber/core/internal/printable";
import { type OutputStream, stderr, stdout, terminalColumns } from "../machine.ts";

/** Thrown when the reader of stdout is gone, as with `head`: no error, the work is simply over. */
export class ReaderGone extends Error {}

/** Takes bytes for stdout; the process's own but in tests. */
export interface Sink {
  /** Writes some of the bytes and says how many. */
  write(bytes: Uint8Array): Promise<number>;
}

/** What a screen writes to. */
export interface ScreenStreams {
  stdout: Sink;
  /** Takes text for stderr, at once; must not throw. */
  stderr: (text: string) => void;
  /** Whether stdout and stderr are one terminal. */
  shared: () => boolean;
  /** Width of the terminal that stderr leads to. @default unlimited */
  columns?: () => number;
}

/** What a person typed. */
export interface Answer {
  text: string;
  /** Whether the terminal has shown the end of the line. */
  echoed: boolean;
}

const LINE_FEED = 10;
/** Erases from the cursor to the end of its line, and to the end of the screen. */
const LINE_END = "\x1b[K", BELOW = "\x1b[J";
/** What changes a color: it takes no column. */
// deno-lint-ignore no-control-regex
const COLOR = /\x1b\[[0-9;]*m/g;

/** The owner of stdout and stderr. Nothing else writes to either. */
export class Screen {
  readonly #streams: ScreenStreams;
  /** Widths of the lines of progress that stand at the end, the last of them without its line feed. */
  #drawn: number[] = [];
  /** Whether the result has begun: what reads it may be on this terminal too, so no bar is drawn again. */
  #begun = false;
  /** Whether the last line on stdout is not ended. */
  #open = false;
  /** Messages that wait for the answer to a question. */
  #kept: string[] | undefined;

  /** @param streams what is written to */
  constructor(streams: ScreenStreams) {
    this.#streams = streams;
  }

  /**
   * Draws lines of progress over those before.
   *
   * @param lines each narrower than the terminal
   */
  draw(lines: readonly string[]): void {
    if (this.#begun || this.#kept !== undefined || lines.length === 0) return;
    const rows = this.#rows();
    const begin = `${upBy(rows - 1)}\r${rows > lines.length ? BELOW : ""}`;
    this.#streams.stderr(begin + lines.map((line) => `${line}${LINE_END}`).join("\r\n"));
    this.#drawn = lines.map((line) => line.replace(COLOR, "").length);
  }

  /** Removes the lines of progress. */
  erase(): void {
    const rows = this.#rows();
    if (rows > 0) this.#streams.stderr(`${upBy(rows - 1)}\r${rows === 1 ? LINE_END : BELOW}`);
    this.#drawn = [];
  }

  /**
   * Writes a message to stderr, on lines of its own. While a question is open, the message waits.
   *
   * @param lines without the last line feed
   */
  say(lines: string): void {
    if (this.#kept !== undefined) this.#kept.push(lines);
    else this.#write(`${lines}\n`);
  }

  /**
   * Asks a question, and keeps the line free until it is answered.
   *
   * @param question as it is shown; the answer stands behind it
   * @param answer waits for it
   */
  async ask(question: string, answer: () => Promise<Answer>): Promise<string> {
    this.#write(question);
    const kept: string[] = this.#kept = [];
    let ended = false;
    try {
      const { text, echoed } = await answer();
      ended = echoed;
      return text;
    } finally {
      if (!ended) this.#streams.stderr("\n");
      this.#kept = undefined;
      for (const lines of kept) this.say(lines);
    }
  }

  /**
   * Writes bytes of the result. Resolves when they are written, so that memory does not fill up before a slow
   * reader, and does not block, so that Ctrl-C works meanwhile.
   */
  async result(bytes: Uint8Array): Promise<void> {
    this.erase();
    this.#begun = true;
    for (let at = 0; at < bytes.length;) {
      at += await this.#streams.stdout.write(bytes.subarray(at));
    }
    if (bytes.length > 0) this.#open = bytes.at(-1) !== LINE_FEED;
  }

  /** Rows that the lines take now: a terminal that became narrower has broken them. */
  #rows(): number {
    if (this.#drawn.length === 0) return 0;
    const columns = this.#streams.columns?.() ?? Infinity;
    return this.#drawn.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
  }

  #write(text: string): void {
    this.erase();
    // The last line of a file may lack its line feed, and a message is not a part of it.
    const begin = this.#open && this.#streams.shared() ? "\n" : "";
    this.#open = false;
    this.#streams.stderr(begin + text);
  }
}

/** Moves the cursor up. */
function upBy(rows: number): string {
  return rows > 0 ? `\x1b[${rows}A` : "";
}

/** The screen of this process. */
export const screen: Screen = new Screen({
  stdout,
  stderr: writeStderr,
  shared: () => stdout.isTerminal() && stderr.isTerminal(),
  columns: () => columnsOf(stderr, Infinity),
});

/** There is no way to report that stderr is gone. */
function writeStderr(text: string): void {
  try {
    stderr.writeSync(new TextEncoder().encode(text));
  } catch {
    // see above
  }
}

/** Width of a terminal that does not tell its own, and of a page of help in a pipe. */
const DEFAULT_COLUMNS = 80;

/**
 * Columns of the terminal that a stream leads to; 80 where the terminal does not tell.
 *
 * @param stream stdout or stderr
 * @param elsewhere what to give where the stream leads to no terminal
 */
export function columnsOf(
  stream: OutputStream,
  elsewhere: number = DEFAULT_COLUMNS,
): number {
  return stream.isTerminal() ? terminalColumns() ?? DEFAULT_COLUMNS : elsewhere;
}

/** The form of the result: text, a JSON document, or names that each end in a NUL byte. */
export type OutputForm = "text" | "json" | "paths0";

/** Where a command puts its result: text, bytes or one JSON document, and nothing else. */
export class Output {
  readonly #screen: Screen;
  /** The form that is wanted. */
  readonly form: OutputForm;
  /** Width of the terminal that the result goes to; `Infinity` for a pipe or a file. */
  readonly columns: number;

  /**
   * @param screen what it is written to
   * @param form of the result
   * @param columns width of the terminal that it goes to
   */
  constructor(screen: Screen, form: OutputForm, columns = Infinity) {
    this.#screen = screen;
    this.form = form;
    this.columns = columns;
  }

  /** Whether the result is a JSON document. */
  get json(): boolean {
    return this.form === "json";
  }

  /**
   * Writes bytes as they are.
   *
   * @throws {ReaderGone} when the reader is gone
   */
  async bytes(bytes: Uint8Array): Promise<void> {
    try {
      await this.#screen.result(bytes);
    } catch (cause) {
      if ((cause as { code?: unknown }).code === "EPIPE") throw new ReaderGone();
      throw new BlobberError(
        "file-system",
        `cannot write to standard output: ${(cause as Error).message}`,
        { cause },
      );
    }
  }

  /** Writes text, followed by a line feed unless it is empty or ends in one. */
  async text(text: string): Promise<void> {
    if (text === "") return;
    await this.bytes(new TextEncoder().encode(text.endsWith("\n") ? text : text + "\n"));
  }

  /**
   * Writes the result in the form that is wanted.
   *
   * @param document the JSON document without its `version`
   * @param text the text, as it is; nothing for a command that prints none
   */
  async result(document: Record<string, unknown>, text = ""): Promise<void> {
    await this.text(this.json ? toJson({ version: SHAPE, ...document }) : text);
  }

  /**
   * Writes a list of names in the form that is wanted: one a line, as a terminal may show them, or as they are
   * with a NUL byte behind each, which `xargs -0` takes apart and no name holds.
   *
   * @param document the JSON document without its `version`
   * @param names the names as they are
   */
  async names(document: Record<string, unknown>, names: readonly string[]): Promise<void> {
    if (this.form !== "paths0") {
      return await this.result(document, printableLines(names.join("\n")));
    }
    await this.bytes(new TextEncoder().encode(names.map((name) => `${name}\0`).join("")));
  }

  /**
   * As {@linkcode result}, for sentences and tables: at a terminal their lines are broken between words.
   *
   * @param document the JSON document without its `version`
   * @param lines the text
   */
  async sentences(document: Record<string, unknown>, ...lines: string[]): Promise<void> {
    if (this.json || this.columns === Infinity) {
      return await this.result(document, lines.join("\n"));
    }
    const { fold } = await import("./wrap.ts");
    await this.text(fold(lines.join("\n"), { columns: this.columns, hang: 2 }));
  }
}

/** Version of the shapes of all JSON documents: raised when a field goes or changes its meaning. */
const SHAPE = 1;

/**
 * JSON in which characters that steer terminals, reorder text or are not seen are escaped. The value stays
 * the same.
 */
export function toJson(value: unknown): string {
  return escapeUnseen(
    JSON.stringify(value),
    (text) =>
      text.split("").map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`).join(""),
  );
}
