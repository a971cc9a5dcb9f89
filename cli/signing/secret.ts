/**
 * Secrets that a setting names: `file:PATH`, `env:NAME`, `-` for stdin. One given as it is works too, with
 * a warning when it stands on the command line, where every user of the machine can read it.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { looksLikeToken, printable } from "@blobber/core/internal/printable";
import { readNamedText } from "../config/named_file.ts";
import type { Context } from "../context.ts";
import { flagOf, type SettingName, settingOf } from "../settings/table.ts";
import { stdin } from "../machine.ts";

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
  const given = settings.get(name);
  // A passphrase may have spaces around it, and a token has none.
  const text = name === "identityToken" ? given?.trim() : given;
  if (text === undefined) return undefined;
  if (text === "-") return firstLine(await readStdin(), "standard input");
  if (text.startsWith("file:")) return await secretFile(text.slice("file:".length), context, name);
  if (text.startsWith("env:")) {
    const variable = text.slice("env:".length);
    refuseToken(name, variable, "the name of a variable");
    const value = env(variable);
    if (value !== undefined) return value;
    throw new BlobberError(
      "usage",
      `${flagOf(name)} names the variable ${printable(variable)}, which is not set`,
    );
  }
  warnIfShown(context, name);
  return text;
}

async function secretFile(
  path: string,
  { settings, signal }: Context,
  name: "signPassword" | "identityToken",
): Promise<string> {
  refuseToken(name, path, "a path");
  const secret = await readNamedText({ path, system: settings.bySystem(name) }, {
    what: flagOf(name),
    code: "usage",
    limit: MAX_SECRET_CHARS,
    own: true,
    signal,
  });
  return firstLine(secret, path);
}

/** Refuses a secret in the place of something else, and does not show it. */
export function refuseToken(name: SettingName, text: string, expected: string): void {
  if (!looksLikeToken(text)) return;
  throw new BlobberError("usage", `${flagOf(name)} holds a token where ${expected} was expected`, {
    hint: "give the token as it is, or better file:PATH, env:NAME or -",
  });
}

/** Says that a secret stands where others can read it. */
export function warnIfShown(context: Context, name: SettingName): void {
  const origin = context.settings.origin(name);
  const hint = "use file:PATH, env:NAME or -";
  if (origin.kind === "flag") {
    context.report.warn(
      "secret",
      `${flagOf(name)} shows the secret to all users of this machine; ${hint}`,
    );
  } else if (origin.kind === "file") {
    context.report.warn("secret", `${settingOf(name).key} in ${origin.path} is a secret; ${hint}`);
  }
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
  for await (const bytes of stdin.readable) {
    text += decoder.decode(bytes, { stream: true });
    if (text.length > MAX_SECRET_CHARS) break;
  }
  return text;
}
