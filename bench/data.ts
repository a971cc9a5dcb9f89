/**
 * The trees that are measured: a real one where there is a Go toolchain, else one made from a seed that has
 * its shape; many small files; one large file; and a release of each in which 1 % has changed.
 *
 * @module
 */

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const WORDS =
  ("func return if err nil string int error range type struct package import var const for switch case " +
    "default break continue map chan select defer go interface bytes reader writer context buffer index value key " +
    "name path file size offset length count test data node list next root left right parent child")
    .split(" ");

/** Text that compresses about as source code does. */
export function text(size: number, next: () => number): Uint8Array {
  const parts: string[] = [];
  let length = 0;
  while (length < size) {
    const word = next() < 0.2
      ? Math.floor(next() * 1e9).toString(36)
      : WORDS[Math.floor(next() * WORDS.length)]!;
    const part = word + (next() < 0.15 ? "\n" : " ");
    parts.push(part);
    length += part.length;
  }
  return new TextEncoder().encode(parts.join("").slice(0, size));
}

/** Makes `count` files of `size(next)` bytes, a hundred in each directory. */
export function makeTree(
  root: string,
  count: number,
  size: (next: () => number) => number,
  seed: number,
): void {
  const next = random(seed);
  for (let i = 0; i < count; i++) {
    const dir = `${root}/${String(Math.floor(i / 1000)).padStart(3, "0")}/${
      String(Math.floor(i / 100) % 10)
    }`;
    if (i % 100 === 0) Deno.mkdirSync(dir, { recursive: true });
    Deno.writeFileSync(`${dir}/${String(i).padStart(6, "0")}.txt`, text(size(next), next));
  }
}

/** Makes one file of `size` bytes, a piece of text repeated with a counter, so that no piece equals another. */
export function makeLargeFile(root: string, size: number, seed: number): void {
  Deno.mkdirSync(root, { recursive: true });
  using file = Deno.openSync(`${root}/large.bin`, { write: true, create: true, truncate: true });
  const piece = text(1 << 20, random(seed));
  for (let at = 0, n = 0; at < size; at += piece.length, n++) {
    new DataView(piece.buffer).setUint32(0, n);
    file.writeSync(piece.subarray(0, Math.min(piece.length, size - at)));
  }
}

/** Makes one file of text of about `size` bytes, of which no part is like another. */
export function makeText(root: string, size: number, seed: number): void {
  Deno.mkdirSync(root, { recursive: true });
  const next = random(seed);
  using file = Deno.openSync(`${root}/${TEXT}`, { write: true, create: true, truncate: true });
  for (let at = 0; at < size; at += 1 << 20) file.writeSync(text(1 << 20, next));
}

/** Inserts a line at the beginning of what {@linkcode makeText} made. */
export function insertLine(root: string): void {
  const before = Deno.readFileSync(`${root}/${TEXT}`);
  using file = Deno.openSync(`${root}/${TEXT}`, { write: true, truncate: true });
  const line = new TextEncoder().encode("// a line that was not there\n");
  for (const part of [line, before]) {
    for (let at = 0; at < part.length;) at += file.writeSync(part.subarray(at));
  }
}

/** The file of a tree that is one text. */
const TEXT = "text.txt";

/**
 * Rewrites 1 % of the files of a tree, which have about 1 % of its bytes: none is larger than 128 KiB.
 *
 * @param round which of them
 */
export function rewriteSome(root: string, round: number): void {
  const files: { path: string; size: number }[] = [];
  let total = 0;
  const visit = (dir: string) => {
    for (const entry of [...Deno.readDirSync(dir)].sort((a, b) => a.name < b.name ? -1 : 1)) {
      const path = `${dir}/${entry.name}`;
      if (entry.isDirectory) visit(path);
      else if (entry.isFile) {
        const { size } = Deno.statSync(path);
        files.push({ path, size });
        total += size;
      }
    }
  };
  visit(root);
  const next = random(1000 + round);
  const small = files.filter(({ size }) => size > 0 && size <= 128 * 1024);
  let bytes = total / 100;
  for (let left = Math.round(files.length / 100); left > 0 && bytes > 0; left--) {
    const { path, size } = small[Math.floor(next() * small.length)]!;
    // What is left is spread over the files that are left, so that both shares come out.
    const now = Math.max(1, Math.min(size * 2, Math.round(bytes / left)));
    Deno.chmodSync(path, 0o644);
    Deno.writeFileSync(path, text(now, next));
    bytes -= now;
  }
}

/** Copies a tree with `cp -r` and changes every hundredth file of it. */
export function changedRelease(from: string, to: string): void {
  run("cp", "-r", from, to);
  let n = 0;
  const visit = (dir: string) => {
    for (const entry of [...Deno.readDirSync(dir)].sort((a, b) => a.name < b.name ? -1 : 1)) {
      const path = `${dir}/${entry.name}`;
      if (entry.isDirectory) visit(path);
      else if (entry.isFile && n++ % 100 === 0) {
        Deno.chmodSync(path, 0o644);
        Deno.writeTextFileSync(path, `changed ${n}\n`, { append: true });
      }
    }
  };
  visit(to);
}

/** Size of a tree: files and bytes. */
export function measureTree(root: string): { files: number; bytes: number } {
  let files = 0;
  let bytes = 0;
  for (const entry of Deno.readDirSync(root)) {
    const path = `${root}/${entry.name}`;
    if (entry.isDirectory) {
      const inner = measureTree(path);
      files += inner.files;
      bytes += inner.bytes;
    } else if (entry.isFile) {
      files++;
      bytes += Deno.statSync(path).size;
    }
  }
  return { files, bytes };
}

/**
 * The main tree: a copy of the Go toolchain's, or one of the same number of files and bytes.
 *
 * @returns what it is, for the report
 */
export function makeMainTree(to: string): string {
  try {
    const { success, stdout } = new Deno.Command("go", { args: ["env", "GOROOT"] }).outputSync();
    const root = new TextDecoder().decode(stdout).trim();
    if (success && root !== "") {
      run("cp", "-r", `${root}/.`, to);
      const version = new TextDecoder().decode(
        new Deno.Command("go", { args: ["version"] }).outputSync().stdout,
      );
      return `the tree of ${version.split(" ")[2]}`;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  makeTree(to, 15_000, (next) => Math.floor(next() ** 4 * 80_000), 1);
  return "a generated tree";
}

function run(command: string, ...args: string[]): void {
  const { success, stderr } = new Deno.Command(command, { args }).outputSync();
  if (!success) {
    throw new Error(`${command} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  }
}
