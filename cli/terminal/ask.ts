/**
 * Questions to a person at a terminal, on stderr, so that stdout holds only the result.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { platform } from "@blobber/core/internal/platform";
import { type Answer, columnsOf, screen } from "./output.ts";
import { fold } from "./wrap.ts";

/** Columns that are kept free behind a question. */
const ANSWER_COLUMNS = 4;

/** Whether there is a person to ask. */
export function canAsk(): boolean {
  return Deno.stdin.isTerminal() && Deno.stderr.isTerminal();
}

/**
 * Asks for yes or no; anything but yes is no.
 *
 * @param question without the choices
 * @param signal stops waiting
 */
export async function confirm(question: string, signal: AbortSignal): Promise<boolean> {
  const answer = await ask(`${question} [y/N]`, () => readLine(signal));
  return /^y(es)?$/i.test(answer.trim());
}

/**
 * Asks for a line.
 *
 * @param question what for
 * @param signal stops waiting
 */
export async function askLine(question: string, signal: AbortSignal): Promise<string> {
  return (await ask(question, () => readLine(signal))).trim();
}

/**
 * Asks for a secret, which is not shown while it is typed.
 *
 * @param question what for
 * @param signal stops waiting
 */
export async function askSecret(question: string, signal: AbortSignal): Promise<string> {
  return await ask(question, async () => {
    // cbreak leaves Ctrl-C to the signal handler and only turns the echo off.
    Deno.stdin.setRaw(true, { cbreak: platform().hasCbreak });
    try {
      return { ...await readLine(signal), echoed: false };
    } finally {
      Deno.stdin.setRaw(false);
    }
  });
}

/** Asks a question, and leaves room behind it for the first characters of the answer. */
async function ask(question: string, answer: () => Promise<Answer>): Promise<string> {
  const columns = columnsOf(Deno.stderr, Infinity) - ANSWER_COLUMNS;
  return await screen.ask(`${fold(question, { columns, hang: 2 })} `, answer);
}

async function readLine(signal: AbortSignal): Promise<Answer> {
  const stopped = new Promise<never>((_, reject) => {
    signal.throwIfAborted();
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(1024);
  let text = "";
  for (;;) {
    const count = await Promise.race([Deno.stdin.read(buffer), stopped]);
    if (count === null) return { text, echoed: false };
    for (const c of decoder.decode(buffer.subarray(0, count), { stream: true })) {
      if (c === "\n" || c === "\r") return { text, echoed: true };
      // Without the terminal's own editing, backspace arrives as a character.
      if (c === "\x7f" || c === "\b") text = text.slice(0, -1);
      // Nor does Ctrl-C come as a signal where the terminal cannot keep its own keys.
      else if (c === "\x03") throw new BlobberError("interrupted", "operation canceled");
      else if (c === "\x04") return { text, echoed: false };
      else text += c;
    }
  }
}
