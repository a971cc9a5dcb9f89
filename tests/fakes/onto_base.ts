/**
 * Directories that are pushed onto a base, and a store that counts what it is sent and asked for.
 *
 * @module
 */

import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "../../lib/client.ts";
import type { Notice } from "../../lib/events.ts";
import type { ClientOptions, PushOptions } from "../../lib/options.ts";
import type { PushResult } from "../../lib/results.ts";
import type { BlobWriter, FetchOptions } from "../../lib/store.ts";
import { MemoryStore } from "../../lib/stores/memory_store.ts";
import type { Descriptor } from "../../lib/types.ts";

/** Files by path: content, `null` for a directory, `{ to }` for a link. */
export type Files = Record<string, string | null | { to: string } | { script: string }>;

/** Counts. */
export class CountingStore extends MemoryStore {
  /** Layers that were sent. */
  layers = 0;
  /** Layers that were read whole. */
  whole = 0;

  override begin(mediaType: string): Promise<BlobWriter> {
    if (mediaType.includes("layer")) this.layers++;
    return super.begin(mediaType);
  }

  override fetch(
    target: Descriptor,
    options?: FetchOptions,
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const { start = 0, end = target.size } = options?.range ?? {};
    if (target.mediaType.includes("layer") && start === 0 && end === target.size) this.whole++;
    return super.fetch(target, options);
  }
}

/** A directory, a store and a client. */
export class BaseTrial {
  readonly root: string = mkdtempSync(join(tmpdir(), "blobber-onto-"));
  readonly directory: string = join(this.root, "tree");
  readonly store: CountingStore = new CountingStore();
  readonly notices: Notice[] = [];
  readonly client: Client;

  /** @param options of the client, which has a state directory unless they say otherwise */
  constructor(options: ClientOptions = {}) {
    this.client = new Client({ stateDir: join(this.root, "state"), jobs: 1, ...options });
  }

  /** Fills the directory with these files and nothing else. */
  fill(files: Files): void {
    rmSync(this.directory, { recursive: true, force: true });
    mkdirSync(this.directory);
    for (const [path, what] of Object.entries(files)) {
      const at = join(this.directory, path);
      mkdirSync(join(at, ".."), { recursive: true });
      if (what === null) mkdirSync(at, { recursive: true });
      else if (typeof what === "string") writeFileSync(at, what, { mode: 0o644 });
      else if ("to" in what) symlinkSync(what.to, at);
      else writeFileSync(at, what.script, { mode: 0o755 });
    }
  }

  /** Pushes the directory to `t`. */
  async push(options: PushOptions = {}, reference = "t"): Promise<PushResult> {
    this.notices.length = 0;
    const onNotice = (notice: Notice) => this.notices.push(notice);
    const input = { directory: this.directory };
    return await this.client.push(input, { store: this.store, reference }, {
      onNotice,
      ...options,
    });
  }

  /** What a push without a base makes. */
  async fresh(options: PushOptions = {}): Promise<PushResult> {
    return await this.client.digest({ directory: this.directory }, options);
  }

  /** Codes of the notices of the last push, but for those that tell of details. */
  get codes(): string[] {
    return this.notices.filter(({ level }) => level !== "debug").map(({ code }) => code);
  }

  /** Pulls `t`. */
  async pulled(reference = "t"): Promise<Record<string, string>> {
    const to = mkdtempSync(join(this.root, "out-"));
    await this.client.pull({ store: this.store, reference }, join(to, "tree"));
    return treeOn(join(to, "tree"));
  }

  /** Removes everything. */
  async end(): Promise<void> {
    await this.client.close();
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Runs something with a trial, and ends it. */
export async function withTrial(
  body: (trial: BaseTrial) => Promise<void>,
  options?: ClientOptions,
): Promise<void> {
  const trial = new BaseTrial(options);
  try {
    await body(trial);
  } finally {
    await trial.end();
  }
}

/** What is below a directory: kinds, permission bits, link targets, times and contents. */
export function treeOn(directory: string, prefix = ""): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const [at, path] = [join(directory, entry.name), prefix + entry.name];
    const mode = (statSync(join(at, entry.isSymbolicLink() ? ".." : "")).mode & 0o777).toString(8);
    if (entry.isSymbolicLink()) found[path] = `-> ${readlinkSync(at)}`;
    else if (entry.isDirectory()) Object.assign(found, { [path]: mode }, treeOn(at, `${path}/`));
    else found[path] = `${mode} ${readFileSync(at, "utf8")}`;
  }
  return found;
}
