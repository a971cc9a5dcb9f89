/**
 * The container images of a release: the binary on a minimal base, and Deno with the library. Both are made by
 * the library alone, without an engine, as an OCI layout, and are the same bytes wherever they are made from the
 * same commit and binaries.
 *
 * @module
 */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Descriptor, type Digest, isTag, LayoutStore } from "@blobber/core";
import type { InputEntry } from "@blobber/core/estargz";
import { SOURCE } from "../../cli/home.ts";
import { TARGETS } from "../binary/targets.ts";
import { type Architecture, ARCHITECTURE_NAMES, ARCHITECTURES } from "./architectures.ts";
import { CERTIFICATES, HOME, licence, USER, WORK } from "./base.ts";
import { type Execution, type ImageFacts, putImage, putIndex } from "./documents.ts";
import { copyBase } from "./given_base.ts";
import { type Layer, putDirectories, putLayer } from "./layers.ts";
import { type ImageParts, pinnedParts } from "./parts.ts";

/** What images are made of. */
export interface ImageInput {
  /** The directory that has `blobber-linux-x64` and `blobber-linux-arm64`. */
  binaries: string;
  /** Such as "1.2.3". */
  version: string;
  /** The commit of the sources, 40 hexadecimal digits. */
  commit: string;
  /** The commit's time. */
  created: Date | string;
  /** Where the layout is made, or added to. */
  out: string;
  /** A base of your own in place of Debian's packages: `REPOSITORY@sha256:…` or `oci:PATH@sha256:…`. */
  base?: string | undefined;
  /** Mirrors of Debian, where this machine's apt has not its packages. */
  mirrors?: readonly string[] | undefined;
  /** What takes the place of all that is downloaded. */
  parts?: ImageParts | undefined;
}

/** An image that was made. */
export interface BuiltImage {
  /** Its tag in the layout, and in a registry. */
  tag: string;
  /** Of its index. */
  digest: Digest;
}

/**
 * Makes both images: tags `vVERSION` and `vVERSION-deno` in the layout.
 *
 * @throws {Error} when a part cannot be had, or is not what is pinned
 */
export async function buildImages(input: ImageInput): Promise<BuiltImage[]> {
  const { binaries, version, commit, created, out } = input;
  const time = new Date(created);
  if (!isTag(`v${version}-deno`)) throw new Error(`the version "${version}" makes no tag`);
  if (!/^[0-9a-f]{40}$/.test(commit)) {
    throw new Error(`"${commit}" is no commit, expected 40 digits`);
  }
  if (isNaN(time.getTime())) throw new Error(`"${created}" is no time`);
  for (const name of ARCHITECTURE_NAMES) {
    const file = binaryOf(binaries, name);
    if (!existsSync(file)) throw new Error(`there is no ${file}: deno task compile --all makes it`);
  }
  const parts = input.parts ?? pinnedParts(input.mirrors);
  await using store = new LayoutStore(out);
  const given = input.base === undefined ? undefined : await copyBase(input.base, store);
  const directories = await putDirectories(store, DIRECTORIES, "directories of the user");
  const facts: ImageFacts = {
    created: time.toISOString().replace(".000Z", "Z"),
    labels: labelsOf(version, commit, time, given?.annotations ?? {}),
    execution: MINIMAL,
  };
  const withDeno: ImageFacts = {
    ...facts,
    labels: {
      ...facts.labels,
      "org.opencontainers.image.title": "blobber with Deno",
      "org.opencontainers.image.description":
        "Deno, a small shell, the command line blobber, and the library to import in scripts",
    },
    execution: WITH_DENO,
  };
  const library = await putLayer(store, await parts.library(), "the library and the command line");
  const images = {} as Record<"minimal" | "deno", Record<Architecture, Descriptor>>;
  images.minimal = {} as Record<Architecture, Descriptor>;
  images.deno = {} as Record<Architecture, Descriptor>;
  for (const name of ARCHITECTURE_NAMES) {
    const put = async (entries: InputEntry[], comment: string): Promise<Layer> =>
      await putLayer(store, entries, comment);
    const base = given?.layers[name] ?? [await put(await parts.base(name), "libraries of Debian")];
    const ground = [...base, directories];
    const program = await put(programEntries(binaryOf(binaries, name)), "the program");
    images.minimal[name] = await putImage(store, name, [...ground, program], facts);
    const deno = [
      await put(await parts.shell(name), "a shell"),
      await put(await parts.deno(name), "Deno"),
    ];
    images.deno[name] = await putImage(store, name, [...ground, ...deno, library], withDeno);
  }
  const tags = [`v${version}`, `v${version}-deno`] as const;
  return [
    { tag: tags[0], ...await putIndex(store, tags[0], images.minimal, facts) },
    { tag: tags[1], ...await putIndex(store, tags[1], images.deno, withDeno) },
  ].map(({ tag, digest }) => ({ tag, digest }));
}

/** What the user may write to. */
const DIRECTORIES = [
  { path: "tmp", mode: 0o1777, owner: 0 },
  { path: "home", mode: 0o755, owner: 0 },
  { path: HOME, mode: 0o755, owner: USER },
  { path: `${HOME}/.cache`, mode: 0o755, owner: USER },
  { path: `${HOME}/.config`, mode: 0o755, owner: USER },
  { path: WORK, mode: 0o755, owner: USER },
];

const ENVIRONMENT = [
  "PATH=/usr/local/bin:/usr/bin:/bin",
  `HOME=/${HOME}`,
  // Deno's programs have certificates of their own: these make the file count, so that it can be replaced.
  `SSL_CERT_FILE=/${CERTIFICATES}`,
  "DENO_TLS_CA_STORE=system",
];

const MINIMAL: Execution = {
  User: `${USER}:${USER}`,
  Env: ENVIRONMENT,
  Entrypoint: ["/usr/local/bin/blobber"],
  WorkingDir: `/${WORK}`,
};

const WITH_DENO: Execution = {
  ...MINIMAL,
  Env: [...ENVIRONMENT, "DENO_NO_UPDATE_CHECK=1", "DENO_NO_PROMPT=1"],
  Entrypoint: ["/usr/local/bin/deno"],
};

function labelsOf(
  version: string,
  commit: string,
  created: Date,
  base: Record<string, string>,
): Record<string, string> {
  return {
    "org.opencontainers.image.created": created.toISOString().replace(".000Z", "Z"),
    "org.opencontainers.image.description":
      "Pushes directories to OCI registries, pulls them back, and verifies who made them",
    "org.opencontainers.image.documentation": `${SOURCE}/blob/v${version}/docs/howto/containers.md`,
    "org.opencontainers.image.licenses": "Apache-2.0",
    "org.opencontainers.image.revision": commit,
    "org.opencontainers.image.source": SOURCE,
    "org.opencontainers.image.title": "blobber",
    "org.opencontainers.image.url": SOURCE,
    "org.opencontainers.image.version": version,
    ...base,
  };
}

function binaryOf(directory: string, architecture: Architecture): string {
  return join(directory, TARGETS[ARCHITECTURES[architecture].target].file);
}

function programEntries(file: string): InputEntry[] {
  return [
    {
      type: "file",
      path: "usr/local/bin/blobber",
      mode: 0o755,
      content: new Uint8Array(readFileSync(file)),
    },
    licence(),
  ];
}
