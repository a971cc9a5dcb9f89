/**
 * Modification times as a disk is told them.
 *
 * @module
 */

import { errnoOf } from "../../system/system_error.ts";

/** What a file system that refuses a time is given in its place: what 32 bits hold, as the oldest have it. */
const LEAST = -(2 ** 31);
const MOST = 2 ** 31 - 1;

/**
 * Sets a modification time. File systems take the nearest that they can store; where one refuses instead, it
 * is given the nearest that all can.
 *
 * @param seconds since 1970; 0 stands for none, and sets nothing
 * @param set sets it. It is given a date: of numbers before 1970 the runtimes make the present
 */
export function setTime(seconds: number, set: (time: Date) => void): void {
  if (seconds === 0) return;
  try {
    set(new Date(seconds * 1000));
  } catch (error) {
    const nearest = Math.min(MOST, Math.max(LEAST, seconds));
    const refused = ["EINVAL", "EOVERFLOW", "ERANGE"].includes(errnoOf(error) ?? "");
    if (!refused || nearest === seconds) throw error;
    set(new Date(nearest * 1000));
  }
}
