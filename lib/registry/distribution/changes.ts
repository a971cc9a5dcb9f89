/**
 * What changes manifests and tags of a repository, for who loads it when something is to be changed.
 *
 * @module
 */

export { putManifest, tagManifest } from "./put_manifest.ts";
export { removeManifest, untagManifest } from "./remove.ts";
