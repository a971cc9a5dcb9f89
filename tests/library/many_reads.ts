/**
 * Reads four hundred times at once where a process may open 256 files.
 *
 * @module
 */

import { readsAtOnce } from "./kit/reads_at_once.ts";

await readsAtOnce(import.meta.url, 400);
