/**
 * The version, in a file of its own so that showing it loads nothing else.
 *
 * @module
 */

/** Version of blobber, sent as the user agent and shown by `version`. */
export const VERSION = "0.1.0";
