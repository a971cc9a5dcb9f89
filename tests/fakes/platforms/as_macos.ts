/**
 * Has a process take this machine for one with macOS: `deno run --preload` of this file, before the program.
 *
 * @module
 */

import { actAs } from "../../../lib/system/platform.ts";

actAs("darwin");
