/**
 * `config path`.
 *
 * @module
 */

import { editedPath } from "../../config/paths.ts";
import type { Context } from "../../context.ts";

/** Shows where the configuration file is, or would be. */
export async function runConfigPath({ settings, env, out }: Context): Promise<void> {
  const path = editedPath(settings.get("config"), env);
  await out.result({ path }, path);
}
