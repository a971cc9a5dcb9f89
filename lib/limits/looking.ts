/**
 * Limits on what is asked and shown where an artifact is described. They are among those of `limits.ts`, which has
 * no room for them.
 *
 * @module
 */

/** Referrers that a tree reads of one manifest, those under cosign's tags among them: a screen has some 50 lines. */
export const MAX_TREE_REFERRERS = 100;
/** Referrers that a tree reads in all: twice as many requests, with a signature in each. */
export const MAX_TREE_NODES = 512;
/** Referrers that a tree lists of one manifest, to say how many it leaves out: a page of most registries. */
export const MAX_TREE_LISTED = 1000;
/** Manifests of a tree of which it is asked what refers to them: five requests each, where cosign's tags count. */
export const MAX_TREE_SUBJECTS = 256;
/** Manifests of one index that a tree shows: the largest in use list some 60. */
export const MAX_TREE_MANIFESTS = 256;
/** Characters of what a signature claims that are kept: four times those of an address. */
export const MAX_CLAIM_CHARS = 1024;
/** Tags that are asked for what they name, to find those of one digest: a request each. */
export const MAX_TAGS_ASKED = 2000;
/** Tags asked for at once: as many as blobs of an image, and registries answer from memory. */
export const TAG_READS = 8;
/** Values that are shown of a config, and entries of a list in it: those in use have some 20. */
export const MAX_CONFIG_VALUES = 64;
/** Indexes that a removal reads to know what they list: as many as a large repository has tags. */
export const MAX_INDEX_READS = 20_000;
