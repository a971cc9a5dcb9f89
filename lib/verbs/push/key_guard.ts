/**
 * Which private keys a push may hold.
 *
 * @module
 */

import type { KeyGuard } from "../../archive/input/private_keys.ts";
import { MAX_KEY_FILE_BYTES } from "../../limits.ts";
import { readInputSync } from "../../system/input_file.ts";
import type { PackSettings } from "./settings.ts";

/**
 * Which private keys may be in a directory that is pushed.
 *
 * @param options of the push; `allowSecrets` decides, and its signing key may not in any case
 * @returns nothing where no question is asked: packing alone sends nothing
 */
export async function keyGuard(options: PackSettings): Promise<KeyGuard | undefined> {
  const { allowSecrets, refuse = [], signer } = options;
  if (allowSecrets === undefined) return undefined;
  const { keyFingerprints, publicFingerprint } = await import(
    "../../archive/input/private_keys.ts"
  );
  const never = refuse.flatMap((path) => {
    const content = readKeyFile(path);
    return content === undefined ? [] : keyFingerprints(content);
  });
  if (signer?.publicKey !== undefined) never.push(publicFingerprint(signer.publicKey));
  return { allow: allowSecrets, never: [...new Set(never)].sort() };
}

/** A pipe or what is too large for a key has no content to be looked for; its name is refused all the same. */
function readKeyFile(path: string): Uint8Array | undefined {
  try {
    return readInputSync(path, { limit: MAX_KEY_FILE_BYTES, fail: (why) => new Error(why) }).bytes;
  } catch {
    return undefined;
  }
}
