/**
 * Push directories to OCI registries and layouts, pull them back, and read single files out of remote
 * artifacts without downloading the rest.
 *
 * @module
 */

export * from "./lib/client.ts";
export * from "./lib/errors.ts";
export * from "./lib/events.ts";
export * from "./lib/options.ts";
export * from "./lib/limits.ts";
export * from "./lib/stores/cache/maintenance.ts";
export { LayoutStore } from "./lib/stores/layout/layout_store.ts";
export { MemoryStore } from "./lib/stores/memory_store.ts";
export { printable, quote } from "./lib/printable.ts";
export {
  checkLogin,
  eraseLogin,
  type Login,
  type LoginOptions,
  storeLogin,
} from "./lib/registry/login.ts";
export * from "./lib/reference.ts";
export * from "./lib/signing.ts";
export * from "./lib/store.ts";
export * from "./lib/types.ts";
export { type Digest, isDigest } from "./lib/digest.ts";
export type { Entry, EntryType, SpecialType } from "./lib/archive/entry.ts";
export { looksSecret } from "./lib/archive/input/secrets.ts";
export type { ByteSource, InputEntry, InputType, PushInput } from "./lib/archive/input/input.ts";
export type { Image } from "./lib/verbs/image.ts";
