/**
 * As `many_reads.ts`, two thousand times.
 *
 * @module
 */

import { readsAtOnce } from "./kit/reads_at_once.ts";

await readsAtOnce(import.meta.url, 2000);
