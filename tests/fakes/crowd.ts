/**
 * A crowd: thousands of referrers beside a good signature, made past every interface, as an attacker makes them
 * who may push and not sign.
 *
 * @module
 */

import { BlobberError } from "../../lib/errors.ts";
import type { Signable, Signature, Verdict } from "../../lib/signing.ts";
import type { FetchOptions, ReferrerOptions, Source } from "../../lib/store.ts";
import { streamOf } from "../../lib/system/streams.ts";
import { ANNOTATION, type Descriptor, MEDIA_TYPE } from "../../lib/types.ts";
import type { FakeRegistry } from "./registry/fake_registry.ts";
import { blobOf, documentOf } from "./store_suite.ts";
import { TOY, toy, ToyVerifier } from "./toy_signatures.ts";

/** One referrer of a crowd. */
export interface Referrer {
  /** As a list of referrers has it. */
  listed: Descriptor;
  manifest: Uint8Array;
  layer: Descriptor;
  content: Uint8Array;
}

/** What a referrer is to be. */
export interface ReferrerShape {
  /** @default that of a toy signature */
  type?: string;
  /** Its layer. @default none that says anything */
  signature?: Signature;
  /** When it says that it was made. */
  created?: string;
}

/** Makes a referrer. */
export function referrerOf(subject: Descriptor, shape: ReferrerShape): Referrer {
  const { type = TOY, signature, created } = shape;
  const content = signature?.bytes ?? new TextEncoder().encode(type);
  const layer = blobOf(content, type);
  const annotations = created === undefined ? undefined : { [ANNOTATION.created]: created };
  const { mediaType, digest, size } = subject;
  const [descriptor, manifest] = documentOf(MEDIA_TYPE.manifest, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.manifest,
    artifactType: type,
    config: blobOf("{}", MEDIA_TYPE.empty),
    layers: [layer],
    subject: { mediaType, digest, size },
    ...annotations && { annotations },
  });
  const listed = { ...descriptor, artifactType: type, ...annotations && { annotations } };
  return { listed, manifest, layer, content };
}

/** Broken signatures, each another. */
export function badOnes(
  subject: Descriptor,
  count: number,
  created: (i: number) => string | undefined = () => undefined,
): Referrer[] {
  return Array.from({ length: count }, (_, i) => {
    const when = created(i);
    return referrerOf(subject, {
      signature: toy(subject, i % 2 === 0 ? "signature-invalid" : "identity-mismatch", `bad ${i}`),
      ...when !== undefined && { created: when },
    });
  });
}

/** A good signature. */
export function goodOne(subject: Descriptor, created?: string): Referrer {
  return referrerOf(subject, {
    signature: toy(subject, "good", "good"),
    ...created !== undefined && { created },
  });
}

/** Puts referrers into a registry, and into its fallback tag only when asked. */
export function plantReferrers(registry: FakeRegistry, referrers: Referrer[]): void {
  const { manifests, blobs } = registry.repository("a/b");
  for (const { listed, manifest, layer, content } of referrers) {
    manifests.set(listed.digest, { mediaType: listed.mediaType, bytes: manifest });
    blobs.set(layer.digest, content);
  }
}

/** A source that has nothing but referrers, in the order given, and counts what is read. */
export class CrowdSource implements Source {
  readonly name = "crowd";
  /** Documents and blobs read. */
  fetched = 0;
  readonly #lists: { api: Referrer[]; tag: Referrer[] };
  readonly #content = new Map<string, Uint8Array>();

  constructor(api: Referrer[], tag: Referrer[] = []) {
    this.#lists = { api, tag };
    for (const { listed, manifest, layer, content } of [...api, ...tag]) {
      this.#content.set(listed.digest, manifest);
      this.#content.set(layer.digest, content);
    }
  }

  // deno-lint-ignore require-await -- errors are rejections
  async resolve(what: string): Promise<Descriptor> {
    throw new BlobberError("not-found", `${what} not found`);
  }

  // deno-lint-ignore require-await -- errors are rejections
  async fetch(target: Descriptor, options: FetchOptions = {}): Promise<ReadableStream<Uint8Array>> {
    options.signal?.throwIfAborted();
    this.fetched++;
    const bytes = this.#content.get(target.digest);
    if (bytes === undefined) throw new BlobberError("not-found", `${target.digest} not found`);
    return streamOf(bytes);
  }

  async *tags(): AsyncIterable<string> {}

  async *referrers(_: Descriptor, options: ReferrerOptions = {}): AsyncIterable<Descriptor> {
    for (const { listed } of this.#lists[options.via as "api" | "tag"]) yield listed;
  }
}

/** A verifier that can tell by a look which signatures could satisfy. */
export class ChoosyVerifier extends ToyVerifier {
  mayFit(_: Signable, { bytes }: Signature): boolean {
    return new TextDecoder().decode(bytes).includes('"good"');
  }
}

/** A verifier that counts, and does something before each look. */
export class BusyVerifier extends ToyVerifier {
  readonly #before: (count: number) => void;
  constructor(before: (count: number) => void) {
    super();
    this.#before = before;
  }
  override verify(manifest: Signable, signature: Signature): Promise<Verdict> {
    this.#before(this.seen.length);
    return super.verify(manifest, signature);
  }
}
