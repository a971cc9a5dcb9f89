/**
 * Secrets that a setting names: `file:PATH`, `env:NAME`, `-` for stdin. One given as it is works too, with
 * a warning when it stands on the command line, where every user of the machine can read it.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { printable } from "@blobber/core/printable";
import type { Context } from "./context.ts";
import { type SettingName, settingOf } from "./settings.ts";

/** Characters of a secret: a token is the longest of them. */
const MAX_SECRET_CHARS = 64 * 1024;

/**
 * Reads the secret that a setting names.
 *
 * @param context of the command
 * @param name the row
 * @returns nothing when the setting is not set
 */
export async function readSecret(
  context: Context,
  name: "signPassword" | "identityToken",
): Promise<string | undefined> {
  const { settings, env } = context;
  const text = settings.get(name);
  if (text === undefined) return undefined;
  if (text === "-") return firstLine(await readStdin(), "standard input");
  if (text.startsWith("file:")) {
    const path = text.slice("file:".length);
    try {
      return firstLine(Deno.readTextFileSync(path), path);
    } catch (cause) {
      if (cause instanceof BlobberError) throw cause;
      throw new BlobberError(
        "usage",
        `cannot read ${flagOf(name)} from ${printable(path)}: ${
          printable((cause as Error).message)
        }`,
        { cause },
      );
    }
  }
  if (text.startsWith("env:")) {
    const variable = text.slice("env:".length);
    const value = env(variable);
    if (value !== undefined) return value;
    throw new BlobberError(
      "usage",
      `${flagOf(name)}: the variable ${printable(variable)} is not set`,
    );
  }
  warnIfShown(context, name);
  return text;
}

/** Says that a secret stands where others can read it. */
export function warnIfShown(context: Context, name: SettingName): void {
  const origin = context.settings.origin(name);
  const hint = "use file:PATH, env:NAME or -";
  if (origin.kind === "flag") {
    context.report.warn("secret", `${flagOf(name)} shows the secret to all users here; ${hint}`);
  } else if (origin.kind === "file") {
    context.report.warn("secret", `${settingOf(name).key} in ${origin.path} is a secret; ${hint}`);
  }
}

function flagOf(name: SettingName): string {
  return `--${settingOf(name).flag}`;
}

/** A secret in a file ends where the line does, as editors and `echo` leave it. */
function firstLine(text: string, from: string): string {
  const secret = text.replace(/\r?\n$/, "");
  if (secret.length <= MAX_SECRET_CHARS) return secret;
  throw new BlobberError("usage", `the secret from ${printable(from)} is too long to be one`);
}

async function readStdin(): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const bytes of Deno.stdin.readable) {
    text += decoder.decode(bytes, { stream: true });
    if (text.length > MAX_SECRET_CHARS) break;
  }
  return text;
}
