/**
 * Drives the program as another system, in this process.
 *
 * @module
 */

import { actAs, type ActedSystem, type System } from "../../../lib/system/platform.ts";

/**
 * Does something while the program takes this for another system. What the file system really does stays as it
 * is: `but` says what a test makes of it.
 *
 * @param os the system
 * @param work what to do; nothing else may run meanwhile
 * @param but what is to be otherwise than on the usual machine of that kind
 */
export async function asPlatform<T>(
  os: ActedSystem,
  work: () => T | Promise<T>,
  but: Partial<System> = {},
): Promise<T> {
  const takeBack = actAs(os, but);
  try {
    return await work();
  } finally {
    takeBack();
  }
}
