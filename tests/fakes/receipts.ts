/**
 * What tests of receipts begin with: something that was pushed, signed, and pulled with one.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { Client, type ClientOptions, type LayoutStore } from "../../mod.ts";
import { digestOf } from "../../lib/digest.ts";
import { type Descriptor, MEDIA_TYPE } from "../../lib/types.ts";
import { type FakeRegistry, startRegistry } from "./registry/fake_registry.ts";
import { blobOf, writeBlob } from "./store_suite.ts";
import { useOwnTemporary } from "./temporary.ts";
import { toy, ToyVerifier } from "./toy_signatures.ts";

useOwnTemporary();
const scratches: string[] = [];
after(() => scratches.forEach((path) => rmSync(path, { recursive: true, force: true })));

export const ITEMS = { "dir/hello.txt": "hello\n", "large.bin": randomBytes(3_000_000), "x": "x" };
export const SIGNER = { sign: (manifest: Descriptor) => Promise.resolve(toy(manifest)) };
/** Any registry that is asked is one that is there: here none may be. */
export const NO_FETCH = (input: unknown): Promise<Response> => {
  throw new Error(`${input} was asked`);
};

export interface Setting {
  root: string;
  registry: FakeRegistry;
  ref: string;
  receipt: string;
  dir: string;
  client(options?: ClientOptions): Client;
  /** Checks the directory against the receipt, with no registry there. */
  check: (ref?: string, options?: Parameters<Client["check"]>[2]) => ReturnType<Client["check"]>;
}

export function scratch(): string {
  const path = mkdtempSync(join(tmpdir(), "blobber-receipts-"));
  scratches.push(path);
  return path;
}

/** What was pushed, signed and pulled with a receipt. */
export async function pulled(
  body: (setting: Setting) => Promise<void>,
  { signed = true }: { signed?: boolean } = {},
): Promise<void> {
  const root = scratch();
  const registry = await startRegistry();
  const credentials = () => Promise.resolve(undefined);
  const client = (more: ClientOptions = {}) => new Client({ credentials, jobs: 0, ...more });
  const ref = `${registry.host}/acme/app:v1`;
  const [receipt, dir] = [join(root, "app.receipt"), join(root, "out")];
  try {
    for (const [name, content] of Object.entries(ITEMS)) {
      mkdirSync(join(root, "source/dir"), { recursive: true });
      writeFileSync(join(root, "source", name), content);
    }
    await client().push({ directory: join(root, "source") }, ref);
    if (signed) await client({ signer: SIGNER }).sign(ref);
    const options = signed ? { verifier: new ToyVerifier() } : {};
    await client(options).pull(ref, dir, { receipt });
    const check: Setting["check"] = (ref, how = {}) =>
      client({ ...options, fetch: NO_FETCH }).check(dir, ref, { receipt, ...how });
    await body({ root, registry, ref, receipt, dir, client, check });
  } finally {
    await registry.close();
  }
}

/** Writes a blob into a layout, and gives what names it. */
export async function put(
  store: LayoutStore,
  content: string | Uint8Array<ArrayBuffer>,
  mediaType: string,
): Promise<Descriptor> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const descriptor = blobOf(bytes, mediaType);
  await writeBlob(store, descriptor, bytes);
  return descriptor;
}

// deno-lint-ignore no-explicit-any
export type Loose = any;

export function edit(path: string, change: (json: Loose) => void): void {
  const json = JSON.parse(readFileSync(path, "utf8"));
  change(json);
  writeFileSync(path, JSON.stringify(json));
}

/** The part of a kind: of a manifest by what it holds. */
export function partOf(json: Loose, of: "manifest" | "signature" | "toy" | "table"): Loose {
  return json.parts.find(({ mediaType, content }: Loose) => {
    const text = atob(content);
    if (of === "table") return mediaType.includes("layer");
    if (of === "toy") return mediaType.includes("toy");
    return mediaType === MEDIA_TYPE.manifest && text.includes('"subject"') === (of === "signature");
  });
}

export function setContent(part: Loose, bytes: Uint8Array): void {
  const digest = digestOf(bytes);
  const content = btoa(String.fromCharCode(...bytes));
  Object.assign(part, { digest, size: bytes.length, start: 0, content });
}
