/**
 * Packages of Debian, by exact version and digest: found and fetched by the machine's apt, whose metadata is
 * signed, for any processor. Digests are checked here again, so that a package may come from any mirror.
 *
 * @module
 */

import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { sha256OfFile } from "../binary/checksums.ts";
import type { Architecture } from "./architectures.ts";

/** A package that is pinned. */
export interface Pinned {
  name: string;
  version: string;
  /** Of the file. */
  sha256: string;
  /** Where it is below the root of a mirror. */
  path: string;
}

/** Where packages stay from one run to the next, by digest. */
const cacheDirectory = () =>
  join(Deno.env.get("XDG_CACHE_HOME") || join(homedir(), ".cache"), "blobber-images");

/**
 * The files of packages, downloaded where they are not here already.
 *
 * @param mirrors addresses of mirrors, in place of those that this machine's apt knows
 * @throws {Error} for a package that cannot be had any more, with what to do
 */
export async function packageFiles(
  architecture: Architecture,
  pinned: readonly Pinned[],
  mirrors: readonly string[],
): Promise<Map<string, string>> {
  const cache = cacheDirectory();
  mkdirSync(cache, { recursive: true });
  const files = new Map(
    pinned.map(({ name, sha256 }) => [name, join(cache, `${sha256}.deb`)]),
  );
  const missing = pinned.filter(({ name, sha256 }) => !holds(files.get(name)!, sha256));
  if (missing.length === 0) return files;
  const dir = mkdtempSync(join(tmpdir(), "blobber-debian-"));
  try {
    if (mirrors.length > 0) await fromMirrors(missing, mirrors, dir);
    else fromApt(architecture, missing, dir);
    const downloaded = new Map(
      readdirSync(dir).filter((name) => name.endsWith(".deb")).map((name) => {
        const file = join(dir, name);
        return [sha256OfFile(file), file];
      }),
    );
    for (const one of missing) {
      const file = downloaded.get(one.sha256);
      if (file === undefined) throw gone(one, architecture, "another file came");
      const fresh = `${files.get(one.name)!}.${crypto.randomUUID()}`;
      Deno.copyFileSync(file, fresh);
      renameSync(fresh, files.get(one.name)!);
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
  return files;
}

/** Whether a file is there with its digest: what was kept may have been damaged since. */
function holds(file: string, sha256: string): boolean {
  return existsSync(file) && sha256OfFile(file) === sha256;
}

/** What to say of a package that cannot be had. */
function gone({ name, version }: Pinned, architecture: Architecture, why: string): Error {
  return new Error(
    `${name} ${version} for ${architecture} cannot be had: ${why}\n` +
      "A mirror keeps old versions for some time only. Take the present ones with " +
      "`deno task images --renew`, on Debian, and commit tasks/images/base.json; on another system, " +
      "name a mirror of Debian that has them: --mirror URL",
  );
}

function fromApt(architecture: Architecture, missing: readonly Pinned[], dir: string): void {
  const apt = new PrivateApt(architecture);
  try {
    for (const one of missing) {
      const { ok, text } = apt.run(["download", `${one.name}=${one.version}`], dir);
      if (!ok) throw gone(one, architecture, text.trim().split("\n").at(-1)!);
    }
  } finally {
    apt.end();
  }
}

async function fromMirrors(
  missing: readonly Pinned[],
  mirrors: readonly string[],
  dir: string,
): Promise<void> {
  for (const { sha256, path } of missing) {
    for (const mirror of mirrors) {
      const answer = await fetch(`${mirror.replace(/\/$/, "")}/${path}`);
      if (!answer.ok) await answer.body?.cancel();
      else {
        Deno.writeFileSync(join(dir, `${sha256}.deb`), await answer.bytes());
        break;
      }
    }
  }
}

/**
 * Finds the present version of each package.
 *
 * @throws {Error} where this machine's apt does not know one
 */
export function presentPackages(architecture: Architecture, names: readonly string[]): Pinned[] {
  const apt = new PrivateApt(architecture);
  try {
    const { ok, text } = apt.run(["download", "--print-uris", ...names]);
    if (!ok) throw new Error(text);
    return names.map((name) => {
      const form = new RegExp(
        `^'[^']*?/((?:pool)/[^']*)' ${name}_([^_ ]+)_\\S+ \\d+ SHA256:(\\w+)`,
        "m",
      );
      const [, path, version, sha256] = form.exec(text) ?? [];
      if (path === undefined) throw new Error(`apt does not say where ${name} is`);
      return {
        name,
        version: decodeURIComponent(version!),
        sha256: sha256!,
        path: decodeURIComponent(path),
      };
    });
  } finally {
    apt.end();
  }
}

/** An apt for one processor, with the machine's sources and keys, and lists of its own. */
class PrivateApt {
  readonly #dir: string;
  readonly #options: string[];

  constructor(architecture: Architecture) {
    this.#dir = mkdtempSync(join(tmpdir(), "blobber-apt-"));
    for (const name of ["lists/partial", "archives/partial"]) {
      mkdirSync(join(this.#dir, name), { recursive: true });
    }
    this.#options = [
      `Dir::State=${this.#dir}`,
      `Dir::Cache=${this.#dir}`,
      "Dir::State::status=/dev/null",
      `APT::Architecture=${architecture}`,
      `APT::Architectures=${architecture}`,
      "APT::Sandbox::User=root",
    ].flatMap((option) => ["-o", option]);
    const { ok, text } = this.run(["update", "-qq"]);
    if (ok) return;
    this.end();
    throw new Error(`apt has no lists of packages: ${text.trim()}`);
  }

  run(args: string[], cwd = this.#dir): { ok: boolean; text: string } {
    let ran: Deno.CommandOutput;
    try {
      ran = new Deno.Command("apt-get", {
        args: [...this.#options, ...args],
        cwd,
        env: { LC_ALL: "C" },
        stdin: "null",
      }).outputSync();
    } catch (cause) {
      throw new Error(
        "packages come by apt-get, which is not here; elsewhere, name a mirror of Debian: --mirror URL",
        { cause },
      );
    }
    const text = new TextDecoder().decode(ran.stdout) + new TextDecoder().decode(ran.stderr);
    return { ok: ran.success, text };
  }

  end(): void {
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
