/**
 * `config get`.
 *
 * @module
 */

import { findKey } from "../../config/keys.ts";
import { shownValue } from "../../config/show.ts";
import type { Context } from "../../context.ts";
import { BlobberError } from "@blobber/core/errors";
import { parseRegistry } from "@blobber/core/internal/reference";
import type { SettingValue } from "../../line/values.ts";

/** Shows one setting as it is in force. */
export async function runConfigGet({ args, settings, out }: Context): Promise<void> {
  const key = args[0]!;
  const { path, name } = findKey(key);
  let value: SettingValue | undefined;
  if (name !== undefined) {
    value = settings.get(name) as SettingValue | undefined;
    if (value !== undefined) value = shownValue(name, value);
  } else {
    const block = settings.registries[parseRegistry(path[1]!).host];
    value = {
      "insecure": block?.insecure,
      "insecure-skip-tls-verify": block?.insecureSkipTlsVerify,
      "ca-file": block?.caFile?.path,
    }[path[2]!];
  }
  if (value === undefined) {
    throw new BlobberError("not-found", `${key} is not set and has no default`);
  }
  await out.result({ key, value }, String(value));
}
