/**
 * Trees of referrers: stores with something to walk through, and what a walk found as lines.
 *
 * @module
 */

import { Client } from "../../lib/client.ts";
import type { TreeNode, TreeOptions, TreeResult } from "../../lib/looking.ts";
import { MemoryStore } from "../../lib/stores/memory_store.ts";
import { type Descriptor, MEDIA_TYPE } from "../../lib/types.ts";
import { blobOf, documentOf, writeBlob } from "./store_suite.ts";

/** The tree of an artifact in a store. */
export const tree = async (
  store: MemoryStore,
  options: TreeOptions = {},
  reference = "v1",
): Promise<TreeResult> => {
  const client = new Client();
  try {
    return await client.tree({ store, reference }, options);
  } finally {
    await client.close();
  }
};

/** A tree as lines, one for each manifest: what it is and what is said of it. */
export function outline(node: TreeNode, depth = 0): string[] {
  const { kind, artifactType: type, format, signatures = [], repeated, problem, leftOut } = node;
  const said = signatures.map(({ state, claims }) =>
    `${state}${
      claims === undefined ? "" : ` ${claims.kind} ${claims.predicateType ?? ""}`.trimEnd()
    }`
  );
  const left = leftOut && Object.entries(leftOut).filter(([, value]) => value)
    .map(([name, value]) => `${name}=${value}`).join(",");
  const parts = [
    node.platform?.architecture,
    kind,
    kind === "artifact" || kind === "manifest" ? type : undefined,
    format,
    ...said,
    repeated && "again",
    problem?.code,
    left && `[${left}]`,
  ].filter((part) => part);
  return [
    "  ".repeat(depth) + parts.join(" "),
    ...node.manifests.flatMap((one) => outline(one, depth + 1)),
    ...node.referrers.flatMap((one) => outline(one, depth + 1)),
  ];
}

/** Puts a referrer whose one layer is of its type, and returns it. */
export async function refer(
  store: MemoryStore,
  subject: Descriptor,
  type: string,
  content = type,
  more: object = {},
): Promise<Descriptor> {
  const layer = blobOf(content, type);
  await writeBlob(store, layer, content);
  const [descriptor, bytes] = documentOf(MEDIA_TYPE.manifest, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.manifest,
    artifactType: type,
    config: blobOf("{}", MEDIA_TYPE.empty),
    layers: [layer],
    subject,
    ...more,
  });
  await store.put(descriptor, bytes);
  return descriptor;
}

/** Puts an index. */
export async function index(
  store: MemoryStore,
  manifests: object[],
  tag?: string,
): Promise<Descriptor> {
  const [descriptor, bytes] = documentOf(MEDIA_TYPE.index, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.index,
    manifests,
  });
  await store.put(descriptor, bytes);
  if (tag !== undefined) await store.tag(tag, descriptor);
  return descriptor;
}

/** The platform of a descriptor in an index. */
export const linux = (architecture: string): Pick<Descriptor, "platform"> => ({
  platform: { os: "linux", architecture },
});

/** A store that lists what it is told to, and counts what it is asked. */
export class ListingStore extends MemoryStore {
  asked = { referrers: 0, fetch: 0, resolve: 0 };
  lists = new Map<string, Descriptor[]>();
  override resolve(...args: Parameters<MemoryStore["resolve"]>): Promise<Descriptor> {
    this.asked.resolve++;
    return super.resolve(...args);
  }
  override fetch(...args: Parameters<MemoryStore["fetch"]>): ReturnType<MemoryStore["fetch"]> {
    this.asked.fetch++;
    return super.fetch(...args);
  }
  override async *referrers(
    ...args: Parameters<MemoryStore["referrers"]>
  ): AsyncGenerator<Descriptor> {
    this.asked.referrers++;
    const listed = this.lists.get(args[0].digest);
    if (listed === undefined) yield* super.referrers(...args);
    else yield* listed;
  }
}
