import { test } from "node:test";
import assert from "node:assert/strict";
import { toHex } from "@blobber/core/internal/bytes";
import { readPem, toPem } from "./pem.ts";

test("PEM blocks are read in order, with text and headers around", () => {
  const text = `Bag Attributes\n${toPem("A KEY", new Uint8Array([1, 2, 3]))}more\n` +
    "-----BEGIN B-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAQI=\n-----END B-----\n";
  assert.deepEqual(readPem(text).map(({ label, der }) => [label, toHex(der)]), [
    ["A KEY", "010203"],
    ["B", "0102"],
  ]);
  assert.deepEqual(readPem("-----BEGIN A-----\nAQI=\n-----END B-----"), []);
});

/** A text that notes how many characters a search in it passes over. */
class Watched {
  steps = 0;
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  indexOf(what: string, from = 0): number {
    const at = this.#text.indexOf(what, from);
    this.steps += (at < 0 ? this.#text.length : at) - from + what.length;
    return at;
  }
  slice(from: number, to: number): string {
    this.steps += to - from;
    return this.#text.slice(from, to);
  }
  startsWith(what: string, at: number): boolean {
    this.steps += what.length;
    return this.#text.startsWith(what, at);
  }
}

test("long-oid: PEM that begins again and again and never ends takes steps in line with its length", () => {
  for (const part of ["-----BEGIN A-----", "-----BEGIN ", "-----BEGIN A-----\nAQI=\n-----END B"]) {
    const steps = [500, 1000].map((times) => {
      const text = new Watched(part.repeat(times));
      assert.deepEqual(readPem(text as unknown as string), []);
      return text.steps;
    });
    assert.ok(steps[1]! <= 2 * steps[0]! + 100, `${part}: ${steps}`);
    assert.ok(steps[1]! <= 5 * 1000 * part.length, `${part}: ${steps}`);
  }
});
