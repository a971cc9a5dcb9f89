import assert from "node:assert/strict";
import { existsSync, lstatSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { both } from "./fakes/processes/neighbours.ts";
import { BOB, give } from "./fakes/processes/users.ts";
import { fileNeeds } from "./fakes/only_on.ts";

fileNeeds("modes", "shell");

both("swapped-directory: cp sets no mode through a link", async ({ place, victim, copy }) => {
  const theirs = place.directory("theirs", BOB, 0o777);
  const own = place.directory("own", victim, 0o700);
  writeFileSync(join(own, "secret"), "secret", { mode: 0o600 });
  give(own, victim);
  await copy(join(theirs, "file"), () => {
    const [temporary] = readdirSync(theirs) as [string];
    renameSync(join(theirs, temporary), place.at("moved"));
    symlinkSync(join(own, "secret"), join(theirs, temporary));
  });
  assert.equal(lstatSync(join(own, "secret")).mode & 0o777, 0o600);
  assert.equal(readFileSync(join(own, "secret"), "utf8"), "secret");
});

both("swapped-directory: cp writes where it began", async ({ place, victim, copy }) => {
  const theirs = place.directory("theirs", BOB, 0o777);
  const own = place.directory("own", victim, 0o700);
  const { code } = await copy(`${theirs}/`, () => {
    renameSync(theirs, place.at("moved"));
    symlinkSync(own, theirs);
  });
  assert.equal(code, "ok");
  assert.deepEqual(readdirSync(own), []);
  assert.equal(readFileSync(place.at("moved/file"), "utf8"), "content");
});

both(
  "swapped-directory: cp follows a link of this user's, and none of another's",
  async ({ place, victim, copy }) => {
    const own = place.directory("own", victim);
    for (const [name, target] of [["to-file", join(own, "file")], ["to-directory", own]]) {
      writeFileSync(join(own, "file"), "before");
      give(own, victim);
      const link = place.at(name!);
      symlinkSync(target!, link);
      give(link, BOB);
      assert.equal((await copy(link)).code, "file-system", name);
      assert.equal(readFileSync(join(own, "file"), "utf8"), "before");
      give(link, victim);
      assert.equal((await copy(link)).code, "ok", name);
      assert.equal(readFileSync(join(own, "file"), "utf8"), "content");
      assert.ok(lstatSync(link).isSymbolicLink());
    }
    assert.deepEqual(readdirSync(own), ["file"]);
    assert.equal((await copy(place.at("own/new/deep/file"))).code, "ok");
    assert.ok(existsSync(place.at("own/new/deep/file")));
  },
);
