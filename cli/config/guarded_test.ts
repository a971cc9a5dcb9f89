import assert from "node:assert/strict";
import { readGuarded } from "./guarded.ts";
import { fileNeeds } from "../../tests/fakes/only_on.ts";

fileNeeds("owners");

/** The user who runs the tests stands for root. */
const owners = [0, Deno.uid() ?? 0];
const isRoot = Deno.uid() === 0;

/** A directory of this user's with `etc/blobber/config.yaml` in it. */
async function place(): Promise<AsyncDisposable & { dir: string; file: string }> {
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "blobber-guarded-" }));
  await Deno.mkdir(`${dir}/etc/blobber`, { recursive: true, mode: 0o755 });
  const file = `${dir}/etc/blobber/config.yaml`;
  await Deno.writeTextFile(file, "text", { mode: 0o644 });
  for (const path of [`${dir}/etc`, `${dir}/etc/blobber`]) await Deno.chmod(path, 0o755);
  await Deno.chmod(file, 0o644);
  return { dir, file, [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }) };
}

function read(path: string, who = owners): string | undefined {
  const fail = (why: string) => new Error(why);
  const found = readGuarded(path, { limit: 100, fail, owners: who });
  return found && new TextDecoder().decode(found.bytes);
}

Deno.test("system-file-of-others: a file that only its owner can put there is read", async () => {
  await using at = await place();
  assert.equal(read(at.file), "text");
  assert.equal(read(`${at.dir}/etc/blobber/../blobber/./config.yaml`), "text");
});

Deno.test("system-file-of-others: links are followed, and each step is checked", async () => {
  await using at = await place();
  await Deno.mkdir(`${at.dir}/real`, { mode: 0o755 });
  await Deno.rename(at.file, `${at.dir}/real/file`);
  await Deno.symlink(`${at.dir}/real/file`, at.file);
  assert.equal(read(at.file), "text");
  await Deno.remove(at.file);
  await Deno.symlink("../../real/file", at.file);
  assert.equal(read(at.file), "text");
  await Deno.chmod(`${at.dir}/real`, 0o777);
  assert.throws(
    () => read(at.file),
    /other users can replace .*\/real\/file: .*\/real has the mode 777/,
  );
});

for (
  const [what, change, expected] of [
    ["the file", (at) => Deno.chmod(at.file, 0o666), /other users can change .*config\.yaml/],
    ["the file, for the group", (at) => Deno.chmod(at.file, 0o664), /other users can change/],
    ["its directory", (at) => Deno.chmod(`${at.dir}/etc/blobber`, 0o777), /replace .*config\.yaml/],
    [
      "a directory above",
      (at) => Deno.chmod(`${at.dir}/etc`, 0o775),
      /other users can replace .*blobber/,
    ],
  ] as [string, (at: { dir: string; file: string }) => Promise<void>, RegExp][]
) {
  Deno.test(`system-file-of-others: others can write to ${what}`, async () => {
    await using at = await place();
    await change(at);
    assert.throws(() => read(at.file), expected);
  });
}

Deno.test("system-file-of-others: who could remove the file is checked even if it is absent", async () => {
  await using at = await place();
  await Deno.remove(at.file);
  assert.equal(read(at.file), undefined);
  assert.equal(read(`${at.dir}/etc/nothing/config.yaml`), undefined);
  assert.throws(() => read(at.file, [4_000_000]), /belongs to the user/);
});

Deno.test("system-file-of-others: in a sticky directory only owners replace their files", async () => {
  await using at = await place();
  await Deno.chmod(`${at.dir}/etc/blobber`, 0o1777);
  assert.equal(read(at.file), "text");
});

Deno.test({
  name: "system-file-owner: what belongs to another user is an error, wherever it is on the way",
  ignore: !isRoot,
  fn: async () => {
    for (const path of ["", "/etc", "/etc/blobber", "/etc/blobber/config.yaml"]) {
      await using at = await place();
      await Deno.chown(`${at.dir}${path}`, 65534, 65534);
      const said = path === ""
        ? /other users can replace/
        : /belongs to the user 65534, expected root/;
      assert.throws(() => read(at.file), said, path);
    }
    await using at = await place();
    await Deno.rename(at.file, `${at.dir}/file`);
    await Deno.symlink(`${at.dir}/file`, at.file);
    await new Deno.Command("chown", { args: ["-h", "65534", at.file] }).output();
    assert.throws(() => read(at.file), /config\.yaml belongs to the user 65534/);
    // In a sticky directory an entry is its owner's to replace.
    await Deno.chmod(`${at.dir}/etc/blobber`, 0o1777);
    assert.throws(() => read(at.file), /other users can replace/);
  },
});

Deno.test("dangling-system-file: only a name that clearly does not exist counts as absent", async () => {
  await using at = await place();
  const blobber = `${at.dir}/etc/blobber`;
  await Deno.remove(at.file);
  await Deno.symlink("nowhere", at.file);
  assert.throws(() => read(at.file), /a link on the way leads to .*nowhere, which does not exist/);
  await Deno.remove(blobber, { recursive: true });
  await Deno.symlink(`${at.dir}/nowhere`, blobber);
  assert.throws(() => read(at.file), /a link on the way leads to/);
  await Deno.remove(blobber);
  await Deno.writeTextFile(blobber, "");
  await Deno.chmod(blobber, 0o644);
  assert.throws(() => read(at.file), /etc\/blobber is not a directory/);
  await Deno.remove(blobber);
  await Deno.symlink("blobber", blobber);
  assert.throws(() => read(at.file), /too many links/);
});

Deno.test("dangling-system-file: a directory, a pipe and a device are no configuration", async () => {
  await using at = await place();
  await Deno.remove(at.file);
  await Deno.mkdir(at.file, { mode: 0o755 });
  assert.throws(() => read(at.file), /it is a directory, expected a regular file/);
  await Deno.remove(at.file);
  await new Deno.Command("mkfifo", { args: ["-m", "644", at.file] }).output();
  assert.throws(() => read(at.file), /it is a pipe, expected a regular file/);
});

Deno.test("system-file-of-others: the file that was checked is the one that is opened", async () => {
  await using at = await place();
  const lstat = Deno.lstatSync;
  try {
    // Another file takes the name between the look at it and the opening.
    Deno.lstatSync = (path) => {
      const info = lstat(path);
      if (path === at.file) {
        Deno.writeTextFileSync(`${at.dir}/other`, "other");
        Deno.renameSync(`${at.dir}/other`, at.file);
      }
      return info;
    };
    assert.throws(() => read(at.file), /it was replaced while it was looked at/);
  } finally {
    Deno.lstatSync = lstat;
  }
});
