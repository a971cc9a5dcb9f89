/**
 * Changes `config.yaml`: comments and order stay, and the file is complete at every moment. `js-yaml`, which reads
 * the file everywhere else, keeps no comments; `yaml`, which does, takes too long to load and to read with
 * (docs/dependencies.md has the figures).
 *
 * @module
 */

import { linkSync, rmSync, writeFileSync } from "node:fs";
import { BlobberError } from "@blobber/core/errors";
import { holdFile } from "@blobber/core/internal/hold-path";
import { rename } from "@blobber/core/internal/files";
import { printable, quote } from "@blobber/core/internal/printable";
import { errnoOf, reasonInWords } from "@blobber/core/internal/system-error";
import { type Document, isMap, LineCounter, parseDocument, stringify } from "yaml";
import { readConfigText } from "./text.ts";
import { invalidConfig, readYaml } from "./yaml.ts";

/**
 * Characters of a file that a command changes: the parser that keeps comments takes time that grows with their
 * square.
 */
const MAX_EDITED_CHARS = 256 * 1024;

/**
 * Changes a file.
 *
 * @param path the file; it is made when it is absent
 * @param change changes the document
 */
export async function editConfig(
  path: string,
  change: (document: Document) => void,
): Promise<void> {
  const text = await readConfigText(path, { optional: true }) ?? "";
  if (text.length > MAX_EDITED_CHARS) {
    throw invalidConfig(
      path,
      undefined,
      "the file is too long for a command to change, edit it by hand",
    );
  }
  // What another parser has found sound; it has looked for aliases, and for keys that are there twice.
  readYaml(text, path);
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, uniqueKeys: false });
  const [error] = document.errors;
  if (error !== undefined) {
    throw new BlobberError(
      "invalid-config",
      `${printable(path)}:${counter.linePos(error.pos[0]).line}: not valid YAML: ${
        printable(error.message.split("\n")[0]!, 200)
      }`,
    );
  }
  if (document.contents !== null && !isMap(document.contents)) {
    throw new BlobberError("invalid-config", `${printable(path)}: expected a mapping`);
  }
  change(document);
  const empty = isMap(document.contents) && document.contents.items.length === 0;
  const after = empty && !/#/.test(text) ? "" : document.toString({ lineWidth: 0 });
  const crlf = /\r\n/.test(text) && !/[^\r]\n/.test(text);
  writeWhole(path, crlf ? after.replaceAll(/\r?\n/g, "\r\n") : after);
}

/** A value as it is written into a file. */
export function yamlOf(value: unknown): string {
  return stringify(value, { lineWidth: 0 });
}

/** Sets a value below a path of keys. */
export function setIn(document: Document, keys: readonly string[], value: unknown): void {
  for (let depth = 1; depth < keys.length; depth++) {
    const parent = document.getIn(keys.slice(0, depth), true);
    const isNothing = parent === undefined || parent === null ||
      (parent as { value?: unknown }).value === null;
    if (isNothing) {
      document.setIn(keys.slice(0, depth), document.createNode({}));
    } else if (!isMap(parent)) {
      throw new BlobberError(
        "invalid-config",
        `${quote(keys.slice(0, depth).join("."))} is not a mapping in the file, so ${
          quote(keys.join("."))
        } cannot be set`,
      );
    }
  }
  document.setIn(keys, value);
}

/** Removes a value, and the mappings that are empty without it. */
export function unsetIn(document: Document, keys: readonly string[]): boolean {
  if (!document.hasIn(keys)) return false;
  document.deleteIn(keys);
  for (let depth = keys.length - 1; depth > 0; depth--) {
    const parent = document.getIn(keys.slice(0, depth), true);
    if (!isMap(parent) || parent.items.length > 0 || parent.comment || parent.commentBefore) break;
    document.deleteIn(keys.slice(0, depth));
  }
  return true;
}

/**
 * Writes a file in one step, so that readers see the old or the new content.
 *
 * @param path where; a link to the file, as managers of dotfiles make them, stays a link
 * @param text its content
 * @param options whether it may be there already
 */
export function writeWhole(path: string, text: string, options: { fresh?: boolean } = {}): void {
  // Other users may be able to change the directory, if the user wants that, but not where a link leads.
  const hold = { allowShared: true, links: "trusted", mode: 0o700 } as const;
  const { dir, name, found } = holdFile(path, hold);
  const target = dir.entry(name);
  const temporary = `${target}.${crypto.randomUUID()}.tmp`;
  try {
    // The mode of the existing file, else private: it may name keys and hosts.
    const mode = found === undefined ? 0o600 : found.mode & 0o777;
    writeFileSync(temporary, text, { flag: "wx", mode });
    if (options.fresh) {
      // A link fails where a rename would replace a file that another run has made.
      linkSync(temporary, target);
      rmSync(temporary);
    } else rename(temporary, target);
  } catch (cause) {
    rmSync(temporary, { force: true });
    if (errnoOf(cause) === "EEXIST") {
      throw new BlobberError("conflict", `configuration file already exists: ${printable(path)}`);
    }
    throw new BlobberError(
      "file-system",
      `cannot write ${printable(path)}: ${reasonInWords(cause)}`,
      { cause },
    );
  } finally {
    dir.close();
  }
}
