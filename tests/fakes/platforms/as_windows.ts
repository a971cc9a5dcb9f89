/**
 * Has a process take this machine for one with Windows: `deno run --preload` of this file, before the program.
 *
 * @module
 */

import { actAs } from "../../../lib/system/platform.ts";

// This system has no such signal to listen for.
actAs("windows", { stopSignals: ["SIGINT", "SIGTERM"] });
