/**
 * Runs the real program as its users do: a process of its own, with a home and a working directory of its
 * own. `BLOBBER_TEST_PROGRAM` names another form of it: a binary, or a file of JavaScript, such as the bundle,
 * which `BLOBBER_TEST_RUNTIME` runs in place of this Deno. `deno task test:programs` makes and runs them all.
 *
 * @module
 */

import { inRoot } from "../../tasks/run.ts";

/** What a run of the program left behind. */
export interface Ran {
  status: number;
  stdout: string;
  stderr: string;
  /** stdout before it was taken for text. */
  bytes: Uint8Array;
}

const named = Deno.env.get("BLOBBER_TEST_PROGRAM");
const runtime = Deno.env.get("BLOBBER_TEST_RUNTIME");

/** Whether the program is the sources themselves. */
export const IS_SOURCE: boolean = named === undefined;

/** Whether Deno runs the program, and is told what it may do. */
export const TAKES_PERMISSIONS: boolean = runtime === undefined &&
  (named === undefined || /\.[jt]s$/.test(named));

/** Whether Deno runs the program, or is in it. */
export const RUNS_IN_DENO: boolean = runtime === undefined;

/** Whether the program is what npm installs. */
export const IS_PACKAGE: boolean = /[\\/]node_modules[\\/]/.test(named ?? "");

/** How to run it. */
export interface RunOptions {
  env?: Record<string, string>;
  /** What it reads from stdin. */
  stdin?: string | Uint8Array<ArrayBuffer>;
  /** What Deno is told to allow; everything unless said otherwise. */
  permissions?: readonly string[] | undefined;
}

/**
 * The words that start the program.
 *
 * @param permissions what Deno is told to allow
 */
export function programWords(permissions?: readonly string[]): string[] {
  if (permissions !== undefined && !TAKES_PERMISSIONS) {
    throw new Error(
      "only Deno is told what to allow: the test has to ask whether it runs the program",
    );
  }
  const script = named ?? inRoot("cli.ts");
  if (TAKES_PERMISSIONS) {
    return [Deno.execPath(), "run", ...permissions ?? ["-A"], "--quiet", script];
  }
  return runtime === undefined ? [script] : [runtime, script];
}

/**
 * For a test that is about one form of the program: it is left out with others, and the reason is told.
 *
 * @param runs whether it is about this form
 * @param why it is about that form alone
 */
export function onlyWhere(runs: boolean, why: string): { ignore: boolean } {
  if (!runs && !told.has(why)) Deno.stderr.writeSync(new TextEncoder().encode(`skipped: ${why}\n`));
  told.add(why);
  return { ignore: !runs };
}

const told = new Set<string>();

/** Where Deno keeps what it compiled, for a program that has another home. */
function defaultDenoDir(home: string): string {
  switch (Deno.build.os) {
    case "windows":
      return `${Deno.env.get("LOCALAPPDATA")}\\deno`;
    case "darwin":
      return `${home}/Library/Caches/deno`;
    default:
      return `${home}/.cache/deno`;
  }
}

/** A directory in which the program runs, removed at the end. */
export class Workplace implements AsyncDisposable {
  /** Absolute path. */
  readonly dir: string;

  private constructor(dir: string) {
    this.dir = dir;
  }

  /** Makes one, with an empty home and an empty directory for temporary files in it. */
  static async open(): Promise<Workplace> {
    const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "blobber-cli-" }));
    for (const name of ["home", "tmp"]) await Deno.mkdir(`${dir}/${name}`);
    return new Workplace(dir);
  }

  /** The environment of the program: nothing of the tester's own. */
  environment(env: Record<string, string> = {}): Record<string, string> {
    const home = Deno.env.get("HOME") ?? "";
    return {
      ...this.#systemsOwn(),
      PATH: Deno.env.get("PATH") ?? "",
      HOME: `${this.dir}/home`,
      TMPDIR: `${this.dir}/tmp`,
      // Progress depends on the machine's speed; tests of progress ask for it.
      BLOBBER_PROGRESS: "none",
      DENO_DIR: Deno.env.get("DENO_DIR") ?? defaultDenoDir(home),
      ...env,
    };
  }

  /** What no program of Windows runs without, and its places for files. */
  #systemsOwn(): Record<string, string> {
    if (Deno.build.os !== "windows") return {};
    const given = ["SystemRoot", "SystemDrive", "ComSpec", "PATHEXT", "LOCALAPPDATA"];
    return {
      ...Object.fromEntries(given.map((name) => [name, Deno.env.get(name) ?? ""])),
      USERPROFILE: `${this.dir}\\home`,
      APPDATA: `${this.dir}\\home\\.config`,
      // Where Deno's own cache is counts before; blobber's is to be in the home, too.
      XDG_CACHE_HOME: `${this.dir}\\home\\.cache`,
      TEMP: `${this.dir}\\tmp`,
      TMP: `${this.dir}\\tmp`,
    };
  }

  /** Starts the program, with pipes to everything. */
  start(
    args: string[],
    env: Record<string, string> = {},
    permissions?: readonly string[],
  ): Deno.ChildProcess {
    const [program, ...words] = programWords(permissions);
    return new Deno.Command(program!, {
      args: [...words, ...args],
      cwd: this.dir,
      env: this.environment(env),
      clearEnv: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  }

  /** Runs the program to its end. */
  async run(args: string[], options: RunOptions = {}): Promise<Ran> {
    const child = this.start(args, options.env, options.permissions);
    const writer = child.stdin.getWriter();
    // A program that does not read its input may be gone before it is written.
    const { stdin = "" } = options;
    const input = typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin;
    await writer.write(input).catch(() => {});
    await writer.close().catch(() => {});
    const { code, stdout, stderr } = await child.output();
    const decoder = new TextDecoder();
    return {
      status: code,
      stdout: decoder.decode(stdout),
      stderr: decoder.decode(stderr),
      bytes: stdout,
    };
  }

  /** Runs the program and demands that it succeeds and is silent on stderr. */
  async ok(args: string[], options: RunOptions = {}): Promise<string> {
    const { status, stdout, stderr } = await this.run(args, options);
    if (status !== 0 || stderr !== "") {
      throw new Error(`blobber ${args.join(" ")} exited with ${status}\n${stderr}`);
    }
    return stdout;
  }

  /** Writes a file, with its parents. */
  async write(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
    const full = `${this.dir}/${path}`;
    await Deno.mkdir(full.slice(0, full.lastIndexOf("/")), { recursive: true });
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await Deno.writeFile(full, bytes);
    if (Deno.build.os !== "windows") await Deno.chmod(full, mode);
  }

  /** Reads a file as text. */
  async read(path: string): Promise<string> {
    return await Deno.readTextFile(`${this.dir}/${path}`);
  }

  /** Makes the directory that most tests push. */
  async site(): Promise<void> {
    await this.write("site/index.html", "<h1>hi</h1>\n");
    await this.write("site/css/site.css", "body {}\n");
    await this.write("site/bin/run", "#!/bin/sh\n", 0o755);
    await this.write("site/naïve 名.txt", "x\n");
    await Deno.symlink("index.html", `${this.dir}/site/home.html`);
    for (const name of Deno.build.os === "windows" ? [] : ["site", "site/css", "site/bin"]) {
      await Deno.chmod(`${this.dir}/${name}`, 0o755);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A completion that its shell did not wait for may still be writing to its cache.
    for (let tries = 1;; tries++) {
      try {
        return await Deno.remove(this.dir, { recursive: true });
      } catch (error) {
        if (tries === 50) throw error;
      }
    }
  }
}
