import assert from "node:assert/strict";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { pull } from "../lib/verbs/pull.ts";
import { crashImage, crashItems } from "./fakes/processes/crash_image.ts";
import { scratch, snapshot } from "./fakes/pulling.ts";
import { imageOf, tarOf } from "./fakes/tar.ts";

const program = fileURLToPath(new URL("./fakes/processes/killed_pull.ts", import.meta.url));
const files = crashItems.filter(({ type }) => type === undefined);

async function killed(kind: string, dir: string, ...point: string[]): Promise<boolean> {
  const args = ["run", "-A", "--no-lock", "--quiet", program, kind, dir, ...point];
  const { signal, success } = await new Deno.Command(Deno.execPath(), { args }).output();
  assert.ok(success || signal === "SIGKILL", "the pull ended by itself in an error");
  return signal === "SIGKILL";
}

/** What users see: everything but staging directories. */
function seen(dir: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(snapshot(dir)).filter(([name]) => !name.startsWith(".blobber-")),
  );
}

async function completes(kind: "eStargz" | "gzip", dir: string, overwrite = false): Promise<void> {
  const { source, manifest } = crashImage(kind);
  await pull(source, manifest, dir, { overwrite });
  for (const { name, data } of files) assert.equal(readFileSync(join(dir, name), "utf8"), data);
  assert.deepEqual(readdirSync(dir).filter((name) => name.startsWith(".blobber-")), []);
}

for (const kind of ["eStargz", "gzip"] as const) {
  for (const existing of [true, false]) {
    Deno.test(`${kind}, ${existing ? "an existing" : "a new"} directory: a kill during the download leaves it as it was, and the next run completes`, async () => {
      // The config is the first thing that comes.
      for (const piece of [0, 2, 3]) {
        using dir = scratch();
        const target = join(dir.path, "out");
        if (existing) mkdirSync(target);
        if (existing) writeFileSync(join(target, "own"), "mine");
        const before = existing ? seen(target) : undefined;
        if (!(await killed(kind, target, "piece", String(piece)))) continue;
        assert.deepEqual(existsSync(target) ? seen(target) : undefined, before);
        await completes(kind, target);
        assert.deepEqual(readdirSync(dir.path), ["out"]);
      }
    });
  }

  Deno.test(`${kind}: a kill while files are moved into place leaves each file whole, and the next run completes`, async () => {
    for (const overwrite of [false, true]) {
      for (const step of [0, 1, 2, 3]) {
        using dir = scratch();
        mkdirSync(join(dir.path, "dir"));
        writeFileSync(join(dir.path, "dir/own"), "mine");
        if (overwrite) {
          for (const name of ["a", "dir/b", "z"]) {
            writeFileSync(join(dir.path, name), `old ${name}`);
          }
        }
        const mode = overwrite ? "overwrite" : "keep";
        assert.ok(await killed(kind, dir.path, "step", String(step), mode));
        for (const { name, data } of files) {
          const path = join(dir.path, name);
          if (!existsSync(path)) {
            assert.equal(overwrite && ["a", "dir/b", "z"].includes(name), false);
          } else assert.ok([data, `old ${name}`].includes(readFileSync(path, "utf8")), name);
        }
        // The same command again: files that the killed run placed are not a conflict.
        await completes(kind, dir.path, overwrite);
        assert.equal(readFileSync(join(dir.path, "dir/own"), "utf8"), "mine");
      }
    }
  });

  Deno.test(`${kind}: a kill right after a new directory was made`, async () => {
    using dir = scratch();
    const target = join(dir.path, "out");
    assert.ok(await killed(kind, target, "step", "0"));
    await completes(kind, target);
    assert.deepEqual(readdirSync(dir.path), ["out"]);
  });
}

Deno.test("forged-journal: a file that was changed after the kill is a conflict, and stays", async () => {
  for (const change of ["content", "type", "link"] as const) {
    using dir = scratch();
    const path = (name: string) => join(dir.path, name);
    assert.ok(await killed("gzip", dir.path, "step", "2", "keep"));
    assert.deepEqual([existsSync(path("a")), existsSync(path("link"))], [true, true]);
    if (change === "content") writeFileSync(path("a"), "NEW a"); // as long as it was
    else rmSync(path(change === "type" ? "a" : "link"));
    if (change === "type") symlinkSync("z", path("a"));
    if (change === "link") symlinkSync("z", path("link"));
    const before = seen(dir.path);
    const { source, manifest } = crashImage("gzip");
    const name = change === "link" ? "link" : "a";
    await assert.rejects(pull(source, manifest, dir.path), {
      code: "conflict",
      message: `file already exists: ${name}`,
    });
    assert.deepEqual(seen(dir.path), before);
    await completes("gzip", dir.path, true);
  }
});

Deno.test("forged-journal: a Git repository belongs to the killed run only if all of it is there", async () => {
  const items = [
    { name: ".git/config", data: "[core]" },
    { name: ".git/hooks/post-checkout", data: "#!/bin/sh", mode: 0o755 },
    { name: "z", data: "last" },
  ];
  const changes: Record<string, (git: string) => void> = {
    "nothing": () => {},
    "a file of the user's more": (git) => writeFileSync(join(git, "index"), "more"),
    "a hook less": (git) => rmSync(join(git, "hooks/post-checkout")),
    "another hook": (git) => writeFileSync(join(git, "hooks/post-checkout"), "#!/bin/s!"),
    "no hooks": (git) => rmSync(join(git, "hooks"), { recursive: true }),
  };
  for (const [name, change] of Object.entries(changes)) {
    for (const overwrite of [false, true]) {
      using dir = scratch();
      const { source, manifest } = imageOf(gzipSync(tarOf(...items)));
      const git = join(dir.path, ".git");
      // What a killed pull leaves: a claim of a process that is gone, with its journal, and what was placed.
      const left = join(dir.path, ".kept");
      await assert.rejects(
        pull(source, manifest, dir.path, {
          onStep: () => {
            const staging = readdirSync(dir.path).find((found) => found.startsWith(".blobber-"))!;
            cpSync(join(dir.path, staging), left, { recursive: true });
            renameSync(join(left, staging), join(left, asDead(staging)));
            renameSync(left, join(dir.path, asDead(staging)));
            throw new Error("killed");
          },
        }),
        /killed/,
      );
      mkdirSync(join(git, "hooks"), { recursive: true });
      for (const item of items.slice(0, 2)) writeFileSync(join(dir.path, item.name), item.data);
      change(git);
      const before = snapshot(git);
      const run = pull(source, manifest, dir.path, { overwrite });
      if (["nothing", "a file of the user's more"].includes(name)) {
        await run;
        assert.equal(readFileSync(join(dir.path, "z"), "utf8"), "last");
      } else {
        await assert.rejects(run, { code: "conflict", message: /git work tree/ }, name);
        assert.deepEqual(snapshot(git), before, name);
        assert.equal(existsSync(join(dir.path, "z")), false);
      }
      assert.deepEqual(Object.keys(snapshot(git)), Object.keys(before));
    }
  }
});

/** The claim's name as a process would have made it that had this one's number before. */
function asDead(claim: string): string {
  return claim.replace(/-(\d+)-(\d*)-/, (_, pid, start) => `-${pid}-${Number(start || 1) + 1}-`);
}

Deno.test("a file that a killed pull of another artifact placed is a conflict, like any file", async () => {
  using dir = scratch();
  assert.ok(await killed("gzip", dir.path, "step", "1", "keep"));
  const { source, manifest } = crashImage("eStargz");
  await assert.rejects(pull(source, manifest, dir.path), { code: "conflict" });
  assert.deepEqual(readdirSync(dir.path).filter((name) => name.startsWith(".blobber-")), []);
});
