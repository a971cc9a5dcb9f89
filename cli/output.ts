/**
 * The result on stdout, as text, bytes or one JSON document, and nothing else.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";

/** Thrown when whoever read stdout has gone, as `head` does: no error, the work is simply over. */
export class ReaderGone extends Error {}

/** Takes bytes for stdout; `Deno.stdout` but in tests. */
export interface Sink {
  /** Writes some of the bytes and says how many. */
  write(bytes: Uint8Array): Promise<number>;
}

/** Where a command puts its result. */
export class Output {
  readonly #sink: Sink;
  /** Whether the result is a JSON document. */
  readonly json: boolean;

  /**
   * @param sink takes the bytes
   * @param json whether the result is wanted as JSON
   */
  constructor(sink: Sink, json: boolean) {
    this.#sink = sink;
    this.json = json;
  }

  /**
   * Writes bytes as they are. Resolves when they are written, so that a slow reader is not run over, and
   * without blocking, so that Ctrl-C is heard while a reader lets us wait.
   *
   * @throws {ReaderGone} when nobody reads any more
   */
  async bytes(bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length;) at += await this.#sink.write(bytes.subarray(at));
    } catch (cause) {
      if (cause instanceof Deno.errors.BrokenPipe) throw new ReaderGone();
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
   * @param text the text; nothing for a command that prints none
   */
  async result(document: Record<string, unknown>, text = ""): Promise<void> {
    await this.text(this.json ? toJson({ version: SHAPE, ...document }) : text);
  }
}

/** Version of the shapes of all JSON documents: raised when a field goes or changes its meaning. */
export const SHAPE = 1;

// What JSON leaves as it is and a terminal or an eye takes for something else.
const STEERING =
  /[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\udb40[\udc00-\udc7f]/g;

/** JSON in which characters that steer terminals or reorder text are escaped. The value stays the same. */
export function toJson(value: unknown): string {
  return JSON.stringify(value).replace(
    STEERING,
    (text) =>
      text.split("").map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`).join(""),
  );
}
