/**
 * What the image with Deno has beside the base: Deno's own program, the library as npm has it, and the command
 * line as binaries have it.
 *
 * @module
 */

import { createHash } from "node:crypto";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, MemoryStore } from "@blobber/core";
import type { InputEntry } from "@blobber/core/estargz";
import { ENTRY, makeProgram } from "../binary/program.ts";
import { pack } from "../packages/pack.ts";
import { inRoot } from "../run.ts";
import { licence, textFile } from "./base.ts";
import type { PinnedNpm } from "./pins.ts";

/** Where the library is. */
const LIBRARY = "usr/local/lib/blobber";
/** Where the command line is. */
const PROGRAM = `${LIBRARY}/program`;

/**
 * The program and its licence, out of packages on npm, each checked.
 *
 * @param program has the program for one processor
 * @param licence has the text of the licence
 */
export async function denoEntries(program: PinnedNpm, licence: PinnedNpm): Promise<InputEntry[]> {
  return [
    {
      type: "file",
      path: "usr/local/bin/deno",
      mode: 0o755,
      content: await tarFile(await npmPackage(program), "package/deno"),
    },
    {
      type: "file",
      path: "usr/share/doc/deno/copyright",
      content: await tarFile(await npmPackage(licence), "package/LICENSE"),
    },
  ];
}

/** Downloads a package with npm. */
async function npmPackage(pinned: PinnedNpm): Promise<Uint8Array<ArrayBuffer>> {
  const { name, version } = pinned;
  const dir = mkdtempSync(join(tmpdir(), "blobber-deno-"));
  try {
    const { success, stderr } = await new Deno.Command("npm", {
      args: ["pack", "--silent", `${name}@${version}`],
      cwd: dir,
      stdin: "null",
    }).output();
    const [file] = readdirSync(dir);
    if (!success || file === undefined) {
      throw new Error(`npm has no ${name}@${version}: ${new TextDecoder().decode(stderr)}`);
    }
    return checkIntegrity(new Uint8Array(readFileSync(join(dir, file))), pinned);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/**
 * Holds a package to its pin.
 *
 * @throws {Error} where it is another one
 */
export function checkIntegrity(
  bytes: Uint8Array<ArrayBuffer>,
  { name, version, integrity }: PinnedNpm,
): Uint8Array<ArrayBuffer> {
  const found = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  if (found === integrity) return bytes;
  throw new Error(`${name}@${version} is ${found}, expected ${integrity}`);
}

/** One file of a tar. */
async function tarFile(tar: Uint8Array<ArrayBuffer>, path: string): Promise<Uint8Array> {
  const at = { store: new MemoryStore(), reference: "package" };
  const client = new Client();
  try {
    await client.push({ tar: new Blob([tar]).stream() }, at);
    const image = await client.openImage(at);
    const content = await image.read(path, { maxBytes: 1 << 28 });
    await image.close();
    return content;
  } finally {
    await client.close();
  }
}

/**
 * The library and the command line. `/deno.json` and `/node_modules` are found from every directory that has
 * none of its own, so a script imports `@blobber/core` by name, offline.
 */
export async function libraryEntries(): Promise<InputEntry[]> {
  const dir = mkdtempSync(join(tmpdir(), "blobber-library-"));
  try {
    await install(dir);
    return [
      textFile("deno.json", `${JSON.stringify({ nodeModulesDir: "manual", lock: false })}\n`),
      { type: "symlink", path: "node_modules", linkTarget: `${LIBRARY}/node_modules` },
      ...entriesOf(join(dir, "node_modules"), `${LIBRARY}/node_modules`),
      ...[...await makeProgram()].map(([name, text]) => textFile(`${PROGRAM}/${name}`, text)),
      {
        ...textFile(
          "usr/local/bin/blobber",
          "#!/bin/sh\nexec /usr/local/bin/deno run -A --quiet --no-config --no-lock " +
            `/${PROGRAM}/${ENTRY} "$@"\n`,
        ),
        mode: 0o755,
      },
      licence(),
    ];
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** Installs what the library needs in the versions of the lock file, and the library beside it. */
async function install(dir: string): Promise<void> {
  const { imports } = JSON.parse(readFileSync(inRoot("sigstore/deno.json"), "utf8"));
  writeFileSync(join(dir, "deno.json"), JSON.stringify({ nodeModulesDir: "auto", imports }));
  copyFileSync(inRoot("deno.lock"), join(dir, "deno.lock"));
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["install", "--quiet", "--frozen=false"],
    cwd: dir,
    stdin: "null",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  checkLocked(dir);
  const tarballs = await pack(join(dir, "packed"));
  for (const name of ["@blobber/core", "@blobber/sigstore"]) {
    const into = join(dir, "node_modules", name);
    const at = { store: new MemoryStore(), reference: "package" };
    const client = new Client();
    await client.push({ tar: new Blob([readFileSync(tarballs[name]!)]).stream() }, at);
    mkdirSync(join(dir, "node_modules/@blobber"), { recursive: true });
    await client.pull(at, into, { stripComponents: 1 });
    await client.close();
  }
}

/** Holds what was installed to the digests that the project's lock file has. */
function checkLocked(dir: string): void {
  const npm = (path: string) =>
    JSON.parse(readFileSync(path, "utf8")).npm as Record<string, { integrity: string }>;
  const known = npm(inRoot("deno.lock"));
  for (const [name, { integrity }] of Object.entries(npm(join(dir, "deno.lock")))) {
    if (known[name]?.integrity !== integrity) {
      throw new Error(`${name} is not the one that deno.lock names`);
    }
  }
}

/** Everything below a directory but what the installer keeps for itself, with modes that no umask decides. */
function entriesOf(dir: string, path: string): InputEntry[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((found): InputEntry[] => {
    const [file, own] = [join(dir, found.name), `${path}/${found.name}`];
    if (/^\.(deno\.lock|setup-cache\.bin|initialized)$/.test(found.name)) return [];
    if (found.isDirectory()) return entriesOf(file, own);
    if (found.isSymbolicLink()) {
      return [{ type: "symlink", path: own, linkTarget: readlinkSync(file) }];
    }
    const mode = statSync(file).mode & 0o100 ? 0o755 : 0o644;
    return [{ type: "file", path: own, mode, content: new Uint8Array(readFileSync(file)) }];
  });
}
