/**
 * `deno task demo`: the main job from end to end, with nothing installed and no server. It pushes the directory
 * `examples/site` to an OCI layout, lists it, reads a file and pulls it back; then it signs with a key, verifies,
 * changes one byte of the layout, and shows that blobber refuses it. Every command is shown with its output; the
 * demonstration fails if one of them has an unexpected exit status.
 *
 * @module
 */

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";

const root = new URL("../", import.meta.url).pathname;
const dir = Deno.makeTempDirSync({ prefix: "blobber-demo-" });

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

/** Runs a command in the demonstration's directory, and shows the command and its output. */
function blobber(line: string, expected = 0): string {
  say(`\n$ blobber ${line}\n`);
  const { code, stdout, stderr } = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", `${root}cli.ts`, ...line.split(" ")],
    cwd: dir,
    env: { XDG_CACHE_HOME: `${dir}/cache`, XDG_CONFIG_HOME: `${dir}/config` },
    stdin: "null",
  }).outputSync();
  const decoder = new TextDecoder();
  say(decoder.decode(stderr) + decoder.decode(stdout));
  if (code !== 0) say(`[exit ${code}]\n`);
  if (code !== expected) throw new Error(`blobber ${line} ended with ${code}, not ${expected}`);
  return decoder.decode(stdout).trim();
}

function copyTree(from: string, to: string): void {
  Deno.mkdirSync(to);
  for (const { name, isDirectory } of Deno.readDirSync(from)) {
    if (isDirectory) copyTree(`${from}/${name}`, `${to}/${name}`);
    else Deno.copyFileSync(`${from}/${name}`, `${to}/${name}`);
  }
}

/** Every file below a directory with its content. */
function treeOf(directory: string, below = ""): Record<string, string> {
  const tree: Record<string, string> = {};
  for (const { name, isDirectory } of Deno.readDirSync(directory + below)) {
    const path = `${below}/${name}`;
    if (isDirectory) Object.assign(tree, treeOf(directory, path));
    else tree[path] = Deno.readTextFileSync(directory + path);
  }
  return tree;
}

function makeKeys(name: string): void {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  Deno.writeTextFileSync(`${dir}/${name}.pem`, pem, { mode: 0o600 });
  const spki = publicKey.export({ type: "spki", format: "pem" }) as string;
  Deno.writeTextFileSync(`${dir}/${name}.pub`, spki);
}

/** Changes one byte of every compressed blob of a layout, which no decompressor needs: gzip's time. */
function tamper(layout: string): void {
  const blobs = `${layout}/blobs/sha256`;
  for (const { name } of Deno.readDirSync(blobs)) {
    const bytes = Deno.readFileSync(`${blobs}/${name}`);
    if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) continue;
    bytes[4] = bytes[4]! ^ 1;
    Deno.removeSync(`${blobs}/${name}`);
    Deno.writeFileSync(`${blobs}/${name}`, bytes);
  }
}

try {
  copyTree(`${root}examples/site`, `${dir}/site`);
  say(
    "A directory is pushed to an OCI layout and pulled back; a single file is read on its own.\n",
  );
  blobber("push site oci:shop:v1");
  blobber("ls -l oci:shop:v1");
  blobber("cat oci:shop:v1 robots.txt");
  blobber("pull oci:shop:v1 out");
  assert.deepEqual(treeOf(`${dir}/out`), treeOf(`${dir}/site`));
  say("\nWhat came back is what was pushed.\n");

  say("\nThe same, signed with a key. A tag is set last: it never points at something unsigned.\n");
  makeKeys("key");
  makeKeys("other");
  blobber("push site oci:signed:v1 --sign-key key.pem");
  blobber("verify oci:signed:v1 --verify-key key.pub");
  blobber("cat oci:signed:v1 robots.txt --verify-key key.pub");

  say(
    "\nUnsigned artifacts are refused, and so are artifacts of another signer and a layout in which one byte was changed.\n",
  );
  blobber("pull oci:shop:v1 unsigned --verify-key key.pub", 6);
  blobber("pull oci:signed:v1 other --verify-key other.pub", 7);
  tamper(`${dir}/signed`);
  blobber("pull oci:signed:v1 tampered --verify-key key.pub", 8);
  say("\nThe demonstration went as it should.\n");
} finally {
  Deno.removeSync(dir, { recursive: true });
}
