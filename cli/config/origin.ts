/**
 * Where the value of a setting comes from.
 *
 * @module
 */

import type { SettingValue } from "../line/values.ts";
import type { ConfigFile } from "./file.ts";

/** Where a value comes from. */
export type Origin =
  | { kind: "flag" }
  | { kind: "default" }
  | { kind: "variable"; name: string }
  | { kind: "file"; path: string; scope: ConfigFile["scope"] };

/** A value and where it comes from. */
export interface Given {
  value: SettingValue;
  origin: Origin;
}
