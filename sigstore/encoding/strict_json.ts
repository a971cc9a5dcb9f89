/**
 * JSON without its ambiguities. Two readers that disagree about a document disagree about what was signed,
 * so whatever `JSON.parse` would settle silently is refused: a byte order mark, bytes that are not UTF-8,
 * a key given twice, `__proto__`, nesting without end.
 *
 * @module
 */

import { MAX_JSON_DEPTH } from "@blobber/core/limits";
import { quote } from "@blobber/core/internal/printable";
import type { Fail } from "./malformed.ts";

const QUOTE = 0x22, BACKSLASH = 0x5c, COMMA = 0x2c;
const OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d, OPEN_LIST = 0x5b, CLOSE_LIST = 0x5d;

/**
 * Parses JSON from outside. Size is the caller's to limit; time and memory are linear in it.
 *
 * @param bytes the document
 * @param what what it is, for the message
 * @param fail the error of its reader
 */
export function parseStrictJson(bytes: Uint8Array, what: string, fail: Fail): unknown {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw fail(`${what} is not UTF-8`, cause);
  }
  if (text.charCodeAt(0) === 0xfeff) throw fail(`${what} begins with a byte order mark`);
  refuseAmbiguity(text, what, fail);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw fail(`${what} is not JSON`, cause);
  }
}

/** Walks over the tokens once, without recursion. What is no JSON at all is left to `JSON.parse`. */
function refuseAmbiguity(text: string, what: string, fail: Fail): void {
  // One entry for each open container: the keys seen so far, or none for a list.
  const open: (Set<string> | undefined)[] = [];
  const document = { what, fail };
  let keyNext = false;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case OPEN_OBJECT:
      case OPEN_LIST: {
        const isObject = text.charCodeAt(at) === OPEN_OBJECT;
        open.push(isObject ? new Set() : undefined);
        keyNext = isObject;
        if (open.length > MAX_JSON_DEPTH) {
          throw fail(`${what} is nested deeper than ${MAX_JSON_DEPTH} levels`);
        }
        break;
      }
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        open.pop();
        keyNext = false;
        break;
      case COMMA:
        keyNext = open.at(-1) !== undefined;
        break;
      case QUOTE: {
        const start = at++;
        for (; at < text.length && text.charCodeAt(at) !== QUOTE; at++) {
          if (text.charCodeAt(at) === BACKSLASH) at++;
        }
        const keys = open.at(-1);
        if (!keyNext || keys === undefined) break;
        keyNext = false;
        checkKey(keys, text.slice(start, at + 1), document);
        break;
      }
    }
  }
}

function checkKey(
  keys: Set<string>,
  token: string,
  { what, fail }: { what: string; fail: Fail },
): void {
  let key: string;
  try {
    key = JSON.parse(token);
  } catch (cause) {
    throw fail(`${what} is not JSON`, cause);
  }
  if (key === "__proto__") throw fail(`${what} has a key "__proto__"`);
  if (keys.has(key)) throw fail(`${what} has the key ${quote(key)} twice`);
  keys.add(key);
}
