/**
 * A token that somebody gave: its value, or a file that holds it.
 *
 * @module
 */

import { closeSync, openSync, readSync } from "node:fs";
import { BlobberError } from "@blobber/core/errors";
import { MAX_IDENTITY_TOKEN_CHARS } from "@blobber/core/limits";
import { quote } from "@blobber/core/printable";
import type { TokenSource } from "./token.ts";

/**
 * A token by its value.
 *
 * @param value the token
 * @param name where it came from, for messages
 */
export function givenToken(value: string, name = "the command line"): TokenSource {
  return { name, token: () => Promise.resolve(value) };
}

/**
 * A token in a file, read each time one is needed: who put it there may renew it.
 *
 * @param path the file
 */
export function tokenFile(path: string): TokenSource {
  return {
    name: `the file ${quote(path)}`,
    token: () => Promise.resolve().then(() => read(path)),
  };
}

function read(path: string): string {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    const buffer = new Uint8Array(MAX_IDENTITY_TOKEN_CHARS + 1);
    let size = 0;
    for (let got = 1; got > 0 && size < buffer.length; size += got) {
      got = readSync(file, buffer, size, buffer.length - size, null);
    }
    return new TextDecoder().decode(buffer.subarray(0, size));
  } catch (cause) {
    throw new BlobberError("unauthorized", `cannot read the identity token in ${quote(path)}`, {
      hint: "check the path, and who may read it",
      cause,
    });
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
