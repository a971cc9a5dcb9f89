/**
 * `trust remove NAME`.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { printable, quote } from "@blobber/core/internal/printable";
import { editedPath } from "../../config/paths.ts";
import type { Context } from "../../context.ts";
import { removeRule } from "../../config/edit_rules.ts";

/** Removes a rule from the user's file. */
export async function runTrustRemove({ args, settings, env, out }: Context): Promise<void> {
  const name = args[0]!;
  const file = editedPath(settings.get("config"), env);
  const owners = settings.files.filter(({ rules }) => rules?.rules.some((r) => r.name === name));
  const system = owners.find(({ scope }) => scope === "system");
  if (system !== undefined && owners.length === 1) {
    throw new BlobberError(
      "trust-rule",
      `the rule ${quote(name)} belongs to the system's file, ${printable(system.path)}`,
      { hint: "rules of the system are changed only in its file" },
    );
  }
  await removeRule(file, name);
  await out.sentences({ name, file }, `Removed rule ${printable(name)} from ${printable(file)}`);
}
