import assert from "node:assert/strict";
import { Home, SHARED, withFiles } from "./harness.ts";
import { must } from "./processes.ts";
import { requirePeer } from "./peers.ts";
import { distribution } from "./servers.ts";
import { sameTree } from "./tree.ts";

const FIXTURES = `${SHARED}/fixtures/interop`;
const TAGS = ["blobber-gzip", "blobber-zstd", "blobber-signed", "blobber-keysigned"];

/** Lists, reads and pulls one of the artifacts that the Go tool made. */
async function reads(home: Home, reference: string, tag: string): Promise<void> {
  const expected = home.dir.at("expected");
  Deno.mkdirSync(expected);
  await must(requirePeer("tar"), ["xzf", `${FIXTURES}/tree.tar.gz`, "-C", expected]);
  if (tag === "blobber-keysigned") Deno.removeSync(`${expected}/big.txt`);
  const files = [...walk(expected)];

  const listed = (await home.must(["ls", reference])).stdout.trim().split("\n");
  for (const file of files) assert.ok(listed.includes(file), `${file} is not listed`);
  for (const file of files.filter((name) => Deno.lstatSync(`${expected}/${name}`).isFile)) {
    const { bytes } = await home.must(["cat", reference, file]);
    assert.deepEqual(bytes, Deno.readFileSync(`${expected}/${file}`), file);
  }
  await home.must(["pull", reference, home.dir.at("out")]);
  sameTree(home.dir.at("out"), expected);
}

function* walk(root: string, below = ""): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(`${root}/${below}`)) {
    yield below + name;
    if (isDirectory) yield* walk(root, `${below}${name}/`);
  }
}

for (const tag of TAGS) {
  withFiles(`the Go tool's ${tag} is read from a layout`, FIXTURES, async () => {
    using home = new Home();
    await reads(home, `oci:${FIXTURES}/layout:${tag}`, tag);
  });

  if (tag === "blobber-signed") continue; // the same digest as blobber-gzip
  withFiles(`the Go tool's ${tag} is read from a registry`, FIXTURES, async () => {
    await using registry = await distribution();
    using home = new Home();
    const reference = `${registry.host}/go/fixture:${tag}`;
    const from = `${FIXTURES}/layout:${tag}`;
    await must(requirePeer("oras"), [
      "cp",
      "--to-plain-http",
      "--from-oci-layout",
      from,
      reference,
    ]);
    await reads(home, reference, tag);
  }, ["registry", "oras"]);
}
