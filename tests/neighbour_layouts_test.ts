import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { both } from "./fakes/processes/neighbours.ts";
import { BOB, give, type SharedPlace } from "./fakes/processes/users.ts";
import { fileNeeds } from "./fakes/only_on.ts";

fileNeeds("owners", "shell");

/** A layout of a user's, with one of its directories elsewhere behind a link. */
function linkedLayout(
  place: SharedPlace,
  owner: number,
  { part, target, linkOwner }: { part: string; target: string; linkOwner: number },
): string {
  const layout = place.directory("layout", owner, 0o777);
  writeFileSync(join(layout, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  if (part === "blobs/sha256") place.directory("layout/blobs", owner, 0o777);
  if (part !== ".") symlinkSync(target, join(layout, part));
  give(layout, owner);
  if (part !== ".") give(join(layout, part), linkOwner);
  return layout;
}

for (const part of ["blobs", "blobs/sha256", "ingest"]) {
  both(
    `layout-of-another: ${part} is a link of another user's`,
    async ({ place, victim, layout }) => {
      const own = place.directory("own", victim, 0o700);
      const path = linkedLayout(place, BOB, { part, target: own, linkOwner: BOB });
      const { code, message } = await layout(path);
      assert.equal(code, "file-system");
      assert.ok(message.includes(`"${join(path, part)}" is a link to "${own}"`), message);
      assert.deepEqual(readdirSync(own), []);
      // One that this user, or root, has put into that user's directory may be another's by the next look.
      Deno.removeSync(join(path, part));
      symlinkSync(own, join(path, part));
      give(join(path, part), victim);
      assert.equal((await layout(path)).code, "file-system");
      assert.deepEqual(readdirSync(own), []);
    },
  );

  both(
    `layout-of-another: ${part} is a link in a layout of this user`,
    async ({ place, victim, layout }) => {
      const disk = place.directory("disk", victim);
      const path = linkedLayout(place, victim, { part, target: disk, linkOwner: victim });
      for (const name of ["layout", "layout/blobs"]) {
        if (existsSync(place.at(name))) chmodSync(place.at(name), 0o755);
      }
      assert.deepEqual(await layout(path), { code: "ok", message: "content" });
      assert.equal(readdirSync(disk).length, part === "blobs" ? 1 : part === "ingest" ? 0 : 3);
      assert.ok(lstatSync(join(path, part)).isSymbolicLink());
    },
  );
}

both(
  "layout-of-another: index, marker and lock are no links, pipes or devices",
  async ({ place, victim, layout }) => {
    const own = place.directory("own", victim, 0o700);
    for (const name of ["index.json", "oci-layout", "index.json.lock"]) {
      writeFileSync(join(own, name), "precious");
      give(own, victim);
      for (const kind of ["link", "pipe", "device"]) {
        const path = linkedLayout(place, BOB, { part: ".", target: "", linkOwner: BOB });
        const file = join(path, name);
        if (existsSync(file)) Deno.removeSync(file);
        if (kind === "pipe") new Deno.Command("mkfifo", { args: [file] }).outputSync();
        else symlinkSync(kind === "link" ? join(own, name) : "/dev/zero", file);
        give(file, BOB);
        const { code, message } = await layout(path);
        assert.equal(code, "file-system", `${name}, ${kind}: ${message}`);
        assert.equal(readFileSync(join(own, name), "utf8"), "precious");
        Deno.removeSync(path, { recursive: true });
      }
    }
  },
);

both(
  "layout-of-another: where only paths are held, others' layouts are read and not written",
  async ({ place, victim, layout }) => {
    const holding = "paths" as const;
    const path = linkedLayout(place, BOB, { part: ".", target: "", linkOwner: BOB });
    assert.equal((await layout(path, { holding })).code, "file-system");
    assert.deepEqual(readdirSync(path), ["oci-layout"]);
    assert.equal((await layout(path, { holding, allowShared: true })).code, "ok");
    assert.equal((await layout(path, { holding, reads: true })).message, "content");
    place.directory("mine", victim);
    assert.equal((await layout(place.at("mine/new"), { holding })).code, "ok");
  },
);
