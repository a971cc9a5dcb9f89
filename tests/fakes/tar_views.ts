/**
 * An archive as our reader sees it, and as GNU tar does, in one form.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type BlobberError, isBlobberError } from "../../lib/errors.ts";
import type { Entry } from "../../lib/archive/entry.ts";
import { TarReader } from "../../lib/archive/tar/tar_reader.ts";

/** What a program prints, or `undefined` when it fails or is not there. */
export async function run(
  name: string,
  args: string[],
  input?: Uint8Array,
): Promise<{ ok: boolean; text: string } | undefined> {
  try {
    const child = new Deno.Command(name, {
      args,
      stdin: input ? "piped" : "null",
      stdout: "piped",
      stderr: "null",
      env: { LC_ALL: "C.UTF-8", TZ: "UTC" },
    }).spawn();
    if (input) {
      const writer = child.stdin.getWriter();
      await writer.write(input).then(() => writer.close()).catch(() => {});
    }
    const { success, stdout } = await child.output();
    return { ok: success, text: new TextDecoder().decode(stdout) };
  } catch {
    return undefined;
  }
}

/** Whether `tar` is GNU's. */
export const hasGnuTar: boolean = (await run("tar", ["--version"]))?.text.includes("GNU tar") ??
  false;

/** What our reader makes of it. */
export function ours(tar: Uint8Array): string[] | BlobberError {
  const found: Entry[] = [];
  const reader = new TarReader({
    entry: (entry) => void found.push(entry),
    data() {},
    fileEnd() {},
  });
  try {
    reader.write(tar);
    reader.end();
  } catch (error) {
    assert.ok(isBlobberError(error), `not an error of ours: ${error}`);
    return error;
  }
  const signs = {
    file: "-",
    directory: "d",
    symlink: "l",
    hardlink: "h",
    char: "c",
    block: "b",
    fifo: "p",
  };
  return found.map(({ path, type, size, linkTarget }) => {
    const target = type === "symlink" ? ` -> ${linkTarget}` : "";
    return `${signs[type]} ${size} ${path}${target}`;
  });
}

/** What GNU tar makes of it, in the same form; `undefined` when it complains. */
export async function theirs(tar: Uint8Array): Promise<string[] | undefined> {
  const args = ["--list", "--verbose", "--quoting-style=literal", "--show-transformed-names"];
  const result = await run("tar", [...args, "--file=-"], tar);
  if (!result?.ok) return undefined;
  return result.text.split("\n").filter((line) => line !== "").map((line) => {
    const [, sign, stated, rest] = /^(.)\S*\s+\S+\s+([\d,]+)\s+\S+\s+\S+\s(.*)$/.exec(line) ??
      assert.fail(`tar printed ${line}`);
    const kind = sign === "C" ? "-" : sign; // contiguous
    // Of a device these are its numbers; a directory has no content, whatever it states.
    const size = kind === "-" ? stated : "0";
    const name = kind === "h" ? rest!.replace(/ link to .*$/, "") : rest!;
    const [path, ...target] = kind === "l" ? name.split(" -> ") : [name];
    const normal = path!.split("/").filter((part) => part !== "" && part !== ".").join("/");
    return `${kind} ${size} ${[normal, ...target].join(" -> ")}`;
  });
}
