/**
 * The entry to everything that needs `@sigstore/*`: imported only when there is such evidence to check, so that
 * other verifications do not load it.
 *
 * @module
 */

import { prepareSigstoreCrypto } from "./deno_crypto.ts";

export { checkEntryForm, checkLogEntry, timeOf } from "./log_entry.ts";
export { checkTimestamp } from "./timestamp_check.ts";
export { checkChain } from "./certificate_chain.ts";

prepareSigstoreCrypto();
