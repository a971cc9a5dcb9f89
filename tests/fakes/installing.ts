/**
 * A machine that install.sh is run on: a home, a page of releases, their registry and Sigstore, and a PATH with
 * the programs that it is to find.
 *
 * @module
 */

import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { symlinkSync, writeFileSync } from "node:fs";
import { inRoot } from "../../tasks/run.ts";
import { Workplace } from "../cli/program.ts";
import { type Downloads, startDownloads } from "./downloads.ts";
import { type ReleaseFaults, type Releases, startReleases } from "./releases.ts";
import { standIn } from "./standin_binary.ts";

/** What the script takes for granted on every system. */
const BASICS =
  "sh cat chmod cut env getconf id ldd mkdir mktemp mv rm rmdir sed sleep tail tr uname deno"
    .split(" ");

/** What a run left behind. */
export interface Installed {
  status: number;
  stdout: string;
  stderr: string;
}

/** How to run the script. */
export interface InstallOptions {
  env?: Record<string, string>;
  /** Words that start the shell. @default dash */
  shell?: readonly string[];
  /** The script. @default install.sh */
  script?: string;
  /** Programs on the PATH beside the basics. @default curl and sha256sum */
  tools?: readonly string[];
  /** Programs of the test's own on the PATH, by name. */
  fakes?: Record<string, string>;
}

/** The machine. */
export class Machine implements AsyncDisposable {
  /** Where the program is installed: a path with a space, a quote and a dollar. */
  readonly bin: string;

  readonly at: Workplace;
  readonly downloads: Downloads;
  readonly releases: Releases;
  readonly #shell: readonly string[];

  private constructor(
    at: Workplace,
    { downloads, releases, shell }: {
      downloads: Downloads;
      releases: Releases;
      shell: readonly string[];
    },
  ) {
    this.at = at;
    this.downloads = downloads;
    this.releases = releases;
    this.#shell = shell;
    this.bin = `${at.dir}/it's $HOME/bin`;
  }

  /** Starts one. */
  static async open(shell: readonly string[] = ["dash"]): Promise<Machine> {
    const [at, downloads, releases] = await Promise.all([
      Workplace.open(),
      startDownloads(),
      startReleases(),
    ]);
    await at.write("root.json", releases.trustedRoot);
    return new Machine(at, { downloads, releases, shell });
  }

  /** Publishes a release of a stand-in; its files on the page, and signed in the registry. */
  async release(version: string, faults?: ReleaseFaults, newest = true): Promise<void> {
    const files = { "blobber-linux-x64": await standIn({ version }) };
    const checksums = await this.releases.push(version, files, faults);
    const tag = `v${version}`;
    this.downloads.files.set(`/${tag}/blobber-linux-x64`, files["blobber-linux-x64"]);
    this.downloads.files.set(`/${tag}/checksums.txt`, checksums);
    if (newest) this.downloads.files.set("/latest/version.txt", `${tag}\n`);
  }

  /** Starts the script. */
  start(options: InstallOptions = {}): Deno.ChildProcess {
    const { env = {}, shell = this.#shell, script = inRoot("install.sh") } = options;
    const { tools = ["curl", "sha256sum"], fakes = {} } = options;
    const path = `${this.at.dir}/path`;
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path);
    for (const tool of [...BASICS, ...tools]) {
      const found = which(tool);
      if (found !== undefined) symlinkSync(found, `${path}/${tool}`);
    }
    const machine = { uname: `[ "$1" = -m ] && echo x86_64 || echo Linux` };
    for (const [name, body] of Object.entries({ ...machine, ...fakes })) {
      rmSync(`${path}/${name}`, { force: true });
      writeFileSync(`${path}/${name}`, `#!/bin/sh\n${body}\n`);
      chmodSync(`${path}/${name}`, 0o755);
    }
    const [program, ...words] = shell;
    return new Deno.Command(which(program!)!, {
      args: [...words, script],
      cwd: this.at.dir,
      clearEnv: true,
      env: {
        ...this.at.environment(),
        PATH: path,
        BLOBBER_INSTALL: this.bin,
        BLOBBER_DOWNLOADS: this.downloads.url,
        BLOBBER_ARTIFACT: this.releases.artifact,
        BLOBBER_VERIFY_TRUSTED_ROOT: `${this.at.dir}/root.json`,
        ...env,
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  }

  /** Runs the script to its end. */
  async run(options: InstallOptions = {}): Promise<Installed> {
    const { code, stdout, stderr } = await this.start(options).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { status: code, stdout: text(stdout), stderr: text(stderr) };
  }

  /** What is in the directory of the program; nothing where there is no such directory. */
  inBin(): string[] | undefined {
    return existsSync(this.bin) ? readdirSync(this.bin).sort() : undefined;
  }

  /** Whether a release is what is installed, and nothing beside it. */
  async has(version: string): Promise<boolean> {
    const right = await standIn({ version });
    return `${this.inBin()}` === "blobber" &&
      readFileSync(`${this.bin}/blobber`).equals(right);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.downloads[Symbol.asyncDispose]();
    await this.releases[Symbol.asyncDispose]();
    await this.at[Symbol.asyncDispose]();
  }
}

/** The path of a program of this machine. */
export function which(program: string): string | undefined {
  if (program === "deno") return Deno.execPath();
  const folders = [...(Deno.env.get("PATH") ?? "").split(":"), "/usr/bin", "/bin"];
  return folders.map((folder) => `${folder}/${program}`).find((path) => existsSync(path));
}
