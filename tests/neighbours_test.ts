import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { digestOf, hexOf } from "../lib/digest.ts";
import { type ProcessIdentity, thisProcess } from "../lib/system/process_identity.ts";
import { crashImage, crashItems } from "./fakes/processes/crash_image.ts";
import type { NeighbourResult } from "./fakes/processes/neighbour_pull.ts";
import { both, KIND as kind } from "./fakes/processes/neighbours.ts";
import { snapshot } from "./fakes/pulling.ts";
import { BOB, give } from "./fakes/processes/users.ts";
import { fileNeeds } from "./fakes/only_on.ts";

fileNeeds("owners", "shell");

const artifact = crashImage(kind).manifest.descriptor.digest;
const files = crashItems.filter(({ type }) => type === undefined);
/** A process that ran when this one runs already, and does not any more. */
const dead: ProcessIdentity = (() => {
  const { pid, start, space } = thisProcess();
  return { pid, start: String(Number(start || 1) + 1), space };
})();

/** The name of a claim on a destination of this name. */
function claimName(destination: string, { pid, start, space }: ProcessIdentity): string {
  const key = hexOf(digestOf(destination)).slice(0, 8);
  return `.blobber-${pid}-${start}-${space}-${key}0123456789ab`;
}

function pulled(dir: string): void {
  for (const { name, data } of files) assert.equal(readFileSync(join(dir, name), "utf8"), data);
}

/** Makes a claim as a pull makes one. */
function makeClaim(
  parent: string,
  { of = dead, destination = "out", owner }: {
    of?: ProcessIdentity;
    destination?: string;
    owner: number;
  },
): string {
  const name = claimName(destination, of);
  const path = join(parent, name);
  mkdirSync(join(path, "tree"), { recursive: true, mode: 0o700 });
  writeFileSync(join(path, name), "");
  writeFileSync(join(path, "placing"), artifact);
  chmodSync(path, 0o700);
  give(path, owner);
  return path;
}

both("forged-journal: what another user made is no journal", async ({ place, victim, pull }) => {
  const out = place.directory("out", victim, 0o777);
  writeFileSync(join(out, "a"), "mine");
  chmodSync(place.dir, 0o777);
  const forged = [place.dir, out].map((parent) => makeClaim(parent, { owner: BOB }));
  const before = snapshot(place.dir);
  const { code, message } = await pull({});
  assert.equal(code, "conflict");
  assert.match(message, /^file already exists: a$/);
  const after = snapshot(place.dir);
  for (const name of Object.keys(after)) if (name.startsWith("home-")) delete after[name];
  assert.deepEqual(after, before);
  assert.equal(forged.every((path) => existsSync(join(path, "placing"))), true);
  // The same directories of the victim's own are journals, and speak for no file that is another.
  for (const path of forged) give(path, victim);
  assert.equal((await pull({})).code, "conflict");
  assert.equal(readFileSync(join(out, "a"), "utf8"), "mine");
  assert.equal(forged.some((path) => existsSync(path)), false);
});

for (const what of ["pipe", "device"] as const) {
  both(`journal-${what}: only a small regular file is read`, async ({ place, victim, pull }) => {
    const out = place.directory("out", victim, 0o777);
    for (const owner of [BOB, victim]) {
      const path = makeClaim(out, { owner });
      Deno.removeSync(join(path, "placing"));
      if (what === "device") symlinkSync("/dev/zero", join(path, "placing"));
      else new Deno.Command("mkfifo", { args: [join(path, "placing")] }).outputSync();
      give(path, owner);
      assert.equal((await pull({ overwrite: true })).code, "ok");
      assert.equal(existsSync(path), owner === BOB);
      if (owner === BOB) Deno.removeSync(path, { recursive: true });
    }
    const path = makeClaim(out, { owner: victim });
    writeFileSync(join(path, "placing"), new Uint8Array(100_000_000));
    assert.equal((await pull({})).code, "conflict");
  });
}

both(
  "claim-of-another: a living claim of another user holds nothing",
  async ({ place, victim, pull }) => {
    const out = place.directory("out", victim, 0o777);
    const path = makeClaim(out, { of: thisProcess(), owner: BOB });
    assert.equal((await pull({})).code, "ok");
    pulled(out);
    assert.equal(lstatSync(path).uid, BOB);
    give(path, victim);
    const { code, message, hint } = await pull({ overwrite: true });
    assert.equal(code, "busy");
    assert.ok(message.includes(`process ${process.pid}`));
    assert.ok(hint!.includes(path));
    // A directory of the victim's with another mode was not made by a pull.
    chmodSync(path, 0o755);
    assert.equal((await pull({ overwrite: true })).code, "ok");
  },
);

both("claim-is-a-link: nothing is cleaned up through a link", async ({ place, victim, pull }) => {
  const out = place.directory("out", victim, 0o777);
  const home = place.directory("precious", victim, 0o700);
  mkdirSync(join(home, "sub"), { mode: 0o755 });
  writeFileSync(join(home, "sub/file"), "precious");
  give(home, victim);
  const name = claimName("out", dead);
  writeFileSync(join(home, name), ""); // even where it holds what a claim holds
  give(home, victim);
  symlinkSync(home, join(out, name));
  symlinkSync(home, join(place.dir, name));
  const before = snapshot(home);
  assert.equal((await pull({})).code, "ok");
  assert.deepEqual(snapshot(home), before);
});

both(
  "clean-up-race: what another user owns, or has renamed, is left alone",
  async ({ place, victim, pull }) => {
    const out = place.directory("out", victim, 0o777);
    const foreign = makeClaim(out, { owner: BOB });
    const open = place.directory("open", victim, 0o755);
    for (let i = 0; i < 20; i++) symlinkSync(open, join(foreign, `l${i}`));
    symlinkSync(open, join(foreign, "tree/link"));
    assert.equal((await pull({})).code, "ok");
    assert.equal(readdirSync(foreign).length, 23);
    assert.equal(lstatSync(open).mode & 0o777, 0o755);
    // A private directory of the victim's that got the name of a dead claim.
    Deno.removeSync(foreign, { recursive: true });
    mkdirSync(foreign, { mode: 0o700 });
    writeFileSync(join(foreign, "secret"), "precious");
    // And one that is a claim, of another name.
    const other = makeClaim(out, { owner: victim, of: { ...dead, start: `${dead.start}1` } });
    const renamed = other.replace(/0123456789ab$/, "ffffffffffff");
    renameSync(other, renamed);
    give(foreign, victim);
    assert.equal((await pull({ overwrite: true })).code, "ok");
    assert.equal(readFileSync(join(foreign, "secret"), "utf8"), "precious");
    assert.equal(existsSync(join(renamed, "placing")), true);
  },
);

for (const at of ["a", "dir/b", "dir/sub"]) {
  both(
    `swapped-directory: a link instead of a directory after ${at}`,
    async ({ place, victim, pull }) => {
      const out = place.directory("out", victim);
      const dir = place.directory("out/dir", BOB, 0o777);
      const own = place.directory("own", victim, 0o711);
      const { code, message } = await pull({}, (line) => {
        if (line !== `step ${at}`) return;
        renameSync(dir, place.at("moved"));
        symlinkSync(own, dir);
      });
      assert.equal(code, "conflict");
      assert.ok(message.includes("dir"), message);
      assert.deepEqual(readdirSync(own), []);
      assert.equal(lstatSync(own).mode & 0o777, 0o711);
      assert.ok(lstatSync(join(out, "dir")).isSymbolicLink());
    },
  );
}

both("swapped-directory: another directory instead of one that was merged", async (
  { place, victim, pull },
) => {
  const out = place.directory("out", victim, 0o777);
  const dir = place.directory("out/dir", victim, 0o777);
  const own = place.directory("out/own", victim, 0o711);
  const { code, message } = await pull({}, (line) => {
    if (line !== "step dir/sub") return;
    renameSync(dir, join(out, "moved"));
    renameSync(own, dir);
  });
  assert.equal(code, "conflict");
  assert.match(message, /another one or a link was put in its place/);
  assert.equal(lstatSync(dir).mode & 0o777, 0o711);
});

both(
  "swapped-directory: another directory instead of one that was moved whole",
  async ({ place, victim, pull }) => {
    const out = place.directory("out", BOB, 0o777);
    const own = place.directory("own", victim, 0o711);
    const { code } = await pull({}, (line) => {
      if (line !== "step dir") return;
      renameSync(join(out, "dir"), place.at("moved"));
      symlinkSync(own, join(out, "dir"));
    });
    assert.equal(code, "ok");
    assert.deepEqual(readdirSync(own), []);
    assert.equal(lstatSync(own).mode & 0o777, 0o711);
    assert.deepEqual(readdirSync(place.at("moved")).sort(), ["b", "c", "sub"]);
  },
);

both(
  "swapped-directory: a destination that is moved away is filled where it is",
  async ({ place, pull, victim }) => {
    place.directory("shared", BOB, 0o777);
    const out = place.directory("shared/out", BOB, 0o777);
    const own = place.directory("own", victim, 0o711);
    for (const moment of ["downloading", "step a"]) {
      const { code } = await pull({ dir: out, pieces: true, overwrite: true }, (line) => {
        if (line !== moment) return;
        renameSync(out, place.at("moved"));
        symlinkSync(own, out);
      });
      assert.equal(code, "ok");
      assert.deepEqual(readdirSync(own), []);
      pulled(place.at("moved"));
      Deno.removeSync(out);
      renameSync(place.at("moved"), out);
      // What is right would stay where it is: nothing would be moved the next time.
      for (const { name } of files) writeFileSync(join(out, name), "another");
    }
  },
);

both("swapped-directory: a link where a new destination goes", async ({ place, pull, victim }) => {
  const shared = place.directory("shared", BOB, 0o777);
  const own = place.directory("own", victim, 0o711);
  const dir = join(shared, "made/out");
  const { code } = await pull({ dir, pieces: true }, (line) => {
    if (line === "downloading") symlinkSync(own, dir);
  });
  assert.equal(code, "conflict");
  assert.deepEqual(readdirSync(own), []);
  assert.deepEqual(readdirSync(join(shared, "made")), ["out"]);
});

both(
  "swapped-directory: a link of another user on the way is not followed",
  async ({ place, pull, victim }) => {
    const own = place.directory("own", victim);
    const link = place.at("link");
    symlinkSync(own, link);
    give(link, BOB);
    for (const dir of [link, join(link, "new")]) {
      const { code, message } = await pull({ dir });
      assert.equal(code, "file-system");
      assert.ok(message.includes(`"${link}" is a link to "${own}"`), message);
      assert.ok(message.includes(`belongs to user ${BOB}`), message);
    }
    assert.deepEqual(readdirSync(own), []);
    give(link, victim);
    assert.equal((await pull({ dir: join(link, "new") })).code, "ok");
    pulled(join(own, "new"));
  },
);

both(
  "swapped-directory: where only paths are held, what others can change is refused",
  async ({ place, pull, victim }) => {
    place.directory("mine", victim);
    place.directory("theirs", BOB);
    place.directory("theirs/mine", victim);
    place.directory("open", victim, 0o777);
    place.directory("sticky", victim, 0o1777);
    const holding = "paths" as const;
    for (const name of ["mine", "mine/made/new", "sticky/new"]) {
      assert.equal((await pull({ dir: place.at(name), holding })).code, "ok", name);
      pulled(place.at(name));
    }
    for (
      const [name, why] of [["theirs/mine", `user ${BOB}`], ["open", "mode is 777"], [
        "open/x",
        "777",
      ]]
    ) {
      const { code, message } = await pull({ dir: place.at(name!), holding });
      assert.equal(code, "file-system", name);
      assert.ok(message.includes(why!), message);
    }
    for (const name of ["theirs/mine", "open"]) {
      assert.deepEqual(readdirSync(place.at(name)), []);
      assert.equal((await pull({ dir: place.at(name), holding, allowShared: true })).code, "ok");
    }
    // A directory of another user's below one of the victim's.
    place.directory("mine/dir", BOB);
    const { code } = await pull({ dir: place.at("mine"), holding, overwrite: true });
    assert.equal(code, "file-system");
  },
);

both(
  "swapped-directory: a runtime that keeps descriptors from us holds paths",
  async ({ place, victim }) => {
    place.directory("mine", victim);
    place.directory("theirs", BOB, 0o777);
    const run = (dir: string, ...permissions: string[]) =>
      place.start(victim, "tests/fakes/processes/neighbour_pull.ts", {
        input: { kind, dir: place.at(dir) },
        permissions: ["--allow-read", "--allow-env", ...permissions],
      }).result<NeighbourResult>();
    assert.equal((await run("mine", "--allow-write", "--allow-sys")).code, "ok");
    pulled(place.at("mine"));
    assert.equal((await run("theirs", "--allow-write", "--allow-sys")).code, "file-system");
    // A new file tells who that is whom the runtime does not name.
    assert.equal((await run("mine/new", "--allow-write")).code, "ok");
    assert.equal((await run("theirs", "--allow-write")).code, "file-system");
    // A user that cannot be told apart from others is not taken for the owner.
    const { code, message } = await run("mine/next", `--allow-write=${place.dir}`);
    assert.equal(code, "file-system");
    assert.match(message, /nothing here tells to whom it belongs/);
    assert.deepEqual(readdirSync(place.at("theirs")), []);
  },
);
