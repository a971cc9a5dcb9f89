/**
 * Runs blobber as a person does, from a shell, in a directory that ends with the test.
 *
 * @module
 */

import { programWords } from "./cli/program.ts";
import { inRoot } from "../tasks/run.ts";

/** What a shell printed, both streams in one, and how it ended. */
export interface Said {
  code: number;
  text: string;
}

/** A directory with `blobber` on the PATH, a home of its own, and the sample directory `site`. */
export class Shell implements Disposable {
  readonly path: string = Deno.makeTempDirSync({ prefix: "blobber-shell-" });
  readonly #env: Record<string, string>;

  /**
   * Makes the directory.
   *
   * @param program what `blobber` stands for; nothing where it is not installed
   */
  constructor(program: string[] = programWords()) {
    const bin = `${this.path}/.bin`;
    Deno.mkdirSync(bin);
    if (program.length > 0) {
      const quoted = program.map((word) => `'${word}'`).join(" ");
      Deno.writeTextFileSync(`${bin}/blobber`, `#!/bin/sh\nexec ${quoted} "$@"\n`);
      Deno.chmodSync(`${bin}/blobber`, 0o755);
    }
    copyTree(inRoot("examples/site"), `${this.path}/site`);
    this.#env = {
      PATH: `${bin}:${Deno.env.get("PATH")}`,
      HOME: this.path,
      XDG_CACHE_HOME: `${this.path}/.cache`,
      XDG_CONFIG_HOME: `${this.path}/.config`,
      XDG_DATA_HOME: `${this.path}/.data`,
      DENO_DIR: denoDir(),
      NO_COLOR: "1",
      LC_ALL: "C.UTF-8",
      // Progress depends on the machine's speed.
      BLOBBER_PROGRESS: "none",
    };
  }

  /**
   * Runs one line of shell, or several.
   *
   * @param env further variables
   */
  async say(line: string, env: Record<string, string> = {}): Promise<Said> {
    const { code, stdout } = await new Deno.Command("sh", {
      args: ["-c", `exec 2>&1\n${line}`],
      cwd: this.path,
      env: { ...this.#env, ...env },
      stdin: "null",
      stderr: "null",
    }).output();
    return { code, text: new TextDecoder().decode(stdout) };
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

/** Copies files and directories. */
function copyTree(from: string, to: string): void {
  Deno.mkdirSync(to);
  for (const { name, isDirectory } of Deno.readDirSync(from)) {
    if (isDirectory) copyTree(`${from}/${name}`, `${to}/${name}`);
    else Deno.copyFileSync(`${from}/${name}`, `${to}/${name}`);
  }
}

/** Where this Deno keeps packages, so that another home does not download them again. */
function denoDir(): string {
  const { stdout } = new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).outputSync();
  return (JSON.parse(new TextDecoder().decode(stdout)) as { denoDir: string }).denoDir;
}
