/**
 * Questions to a person at a terminal, on stderr, so that stdout holds only the result.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { platform } from "@blobber/core/internal/platform";
import { pressed, stderr, stdin } from "../machine.ts";
import { type Answer, columnsOf, screen } from "./output.ts";
import { fold } from "./wrap.ts";

/** Columns that are kept free behind a question. */
const ANSWER_COLUMNS = 4;

/** Whether there is a person to ask. */
export function canAsk(): boolean {
  return stdin.isTerminal() && stderr.isTerminal();
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
    const show = stdin.hide(platform().hasCbreak);
    try {
      return { ...await readLine(signal), echoed: false };
    } finally {
      show();
    }
  });
}

/** Asks a question, and leaves room behind it for the first characters of the answer. */
async function ask(question: string, answer: () => Promise<Answer>): Promise<string> {
  const columns = columnsOf(stderr, Infinity) - ANSWER_COLUMNS;
  return await screen.ask(`${fold(question, { columns, hang: 2 })} `, answer);
}

/** What was typed behind the end of a line, for the next question. */
let ahead = "";

async function readLine(signal: AbortSignal): Promise<Answer> {
  const stopped = new Promise<never>((_, reject) => {
    signal.throwIfAborted();
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    let typed = ahead;
    ahead = "";
    if (typed === "") {
      const bytes = await Promise.race([stdin.read(), stopped]);
      if (bytes === undefined) return { text, echoed: false };
      typed = decoder.decode(bytes, { stream: true });
    }
    let at = 0;
    for (const c of typed) {
      at += c.length;
      if (c === "\n" || c === "\r" || c === "\x04") {
        ahead = typed.slice(at);
        return { text, echoed: c !== "\x04" };
      }
      if (platform().hasCbreak && pressed(c)) continue;
      // Without the terminal's own editing, backspace arrives as a character.
      if (c === "\x7f" || c === "\b") text = text.slice(0, -1);
      // Nor does Ctrl-C come as a signal where the terminal cannot keep its own keys.
      else if (c === "\x03") throw new BlobberError("interrupted", "operation canceled");
      else text += c;
    }
  }
}
