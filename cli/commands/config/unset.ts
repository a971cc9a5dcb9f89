/**
 * `config unset`.
 *
 * @module
 */

import { editConfig, unsetIn } from "../../config/edit.ts";
import { editedPath } from "../../config/paths.ts";
import { findKey } from "../../config/keys.ts";
import type { Context } from "../../context.ts";

/** Removes one setting from the configuration file. */
export async function runConfigUnset({ args, settings, env, out }: Context): Promise<void> {
  const key = args[0]!;
  const { path } = findKey(key);
  const file = editedPath(settings.get("config"), env);
  let removed = false;
  await editConfig(file, (document) => {
    removed = unsetIn(document, path);
  });
  await out.sentences(
    { key, removed, path: file },
    removed ? `Removed ${key}` : `${key} is not set`,
  );
}
