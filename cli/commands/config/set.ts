/**
 * `config set`.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/internal/printable";
import { editConfig, setIn } from "../../config/edit.ts";
import { editedPath } from "../../config/paths.ts";
import { findKey } from "../../config/keys.ts";
import { isNamed } from "../../config/show.ts";
import type { Context } from "../../context.ts";
import { parseValue } from "../../line/values.ts";

/** Changes one setting in the configuration file. */
export async function runConfigSet({ args, settings, env, out }: Context): Promise<void> {
  const [key, text] = args as [string, string];
  const { path, setting } = findKey(key);
  if (setting.type === "secret" && !/^(?:file|env):./.test(text)) {
    throw new BlobberError("usage", `${key} is a secret, and secrets are not stored`, {
      hint: isNamed(text)
        ? "standard input is for one run: blobber push --sign-key-pass -"
        : "say where it is: file:PATH or env:NAME",
    });
  }
  const parsed = parseValue(setting, text);
  if ("expected" in parsed) {
    throw new BlobberError(
      "usage",
      `invalid value for ${key}: ${quote(text)}, expected ${parsed.expected}`,
    );
  }
  // Durations and sizes are kept as they were typed.
  const value = typeof parsed.value === "boolean" || setting.type === "count" ? parsed.value : text;
  const file = editedPath(settings.get("config"), env);
  await editConfig(file, (document) => setIn(document, path, value));
  await out.sentences({ key, value, path: file }, `Updated ${key} = ${text}`);
}
