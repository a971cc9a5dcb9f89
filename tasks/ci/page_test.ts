import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { onlyWith } from "../../tests/fakes/only_on.ts";
import { makePage } from "./page.ts";

/** A program that notes how it is called, and says which pages there are. */
const GH = `#!/bin/sh
printf '%s\\n' "$GH_REPO $*" >>"$GH_NOTES"
if [ "$2" = list ]; then cat "$GH_PAGES"; fi
if [ "$2" = view ]; then cat "$GH_ASSETS"; fi
if [ "$2" = "\${GH_FAILS:-}" ]; then echo 'HTTP 403' >&2; exit 1; fi
`;

const TAG = "v1.2.3";
const HEX = "0".repeat(64);

Deno.test({
  name: "the page of a release is a draft until all files are there, and never changed after that",
  ...onlyWith("shell"),
  fn() {
    const dir = Deno.makeTempDirSync();
    const path = Deno.env.get("PATH")!;
    try {
      mkdirSync(`${dir}/bin`);
      mkdirSync(`${dir}/page`);
      writeFileSync(`${dir}/bin/gh`, GH);
      chmodSync(`${dir}/bin/gh`, 0o755);
      Deno.env.set("PATH", `${dir}/bin:${path}`);
      Deno.env.set("GH_NOTES", `${dir}/notes`);
      Deno.env.set("GH_PAGES", `${dir}/pages`);
      Deno.env.set("GH_ASSETS", `${dir}/assets`);
      const have = (...names: string[]) =>
        writeFileSync(`${dir}/assets`, JSON.stringify({ assets: names.map((name) => ({ name })) }));
      const all = ["blobber-linux-x64", "checksums.txt", "checksums.txt.sigstore.json"];
      have(...all);
      const file = (name: string, text = "") => writeFileSync(`${dir}/page/${name}`, text);
      file("blobber-linux-x64");
      file("checksums.txt", `${HEX}  blobber-linux-x64\n`);
      const calls = (pages: unknown[], tag = TAG): string[] => {
        writeFileSync(`${dir}/pages`, JSON.stringify(pages));
        rmSync(`${dir}/notes`, { force: true });
        makePage(tag, dir);
        return readFileSync(`${dir}/notes`, "utf8").trim().split("\n")
          .map((line) => line.replaceAll(dir, "DIR"));
      };

      assert.throws(() => calls([]), /has blobber-linux-x64, checksums\.txt, expected/);
      file("checksums.txt.sigstore.json");
      const gh = "blobber-dev/blobber release";
      const list = `${gh} list --limit 200 --json tagName,isDraft`;
      const files = all.map((name) => `DIR/page/${name}`).join(" ");
      const says = `--title ${TAG} --notes-file DIR/notes.md`;
      const rest = [
        `upload ${TAG} --clobber ${files}`,
        `view ${TAG} --json assets`,
        `edit ${TAG} --draft=false --latest=true ${says}`,
      ]
        .map((it) => `${gh} ${it}`);
      assert.deepEqual(calls([{ tagName: "v1.2.2", isDraft: false }]), [
        list,
        `${gh} create ${TAG} --verify-tag --draft ${says}`,
        ...rest,
      ]);
      assert.deepEqual(calls([{ tagName: TAG, isDraft: true }]), [list, ...rest], "again");
      assert.deepEqual(calls([{ tagName: TAG, isDraft: false }]), [list], "it is published");
      assert.match(calls([], "v1.2.3-rc.1").at(-1)!, /edit v1\.2\.3-rc\.1 .*--prerelease /);
      // A mend of an older release does not take "latest" away from the newest; a draft and a candidate do not count.
      const others = [{ tagName: "v1.3.0-rc.1", isDraft: false }, {
        tagName: "v2.0.0",
        isDraft: true,
      }];
      assert.match(calls(others).at(-1)!, / --latest=true /);
      assert.match(
        calls([...others, { tagName: "v1.10.0", isDraft: false }]).at(-1)!,
        / --latest=false /,
      );
      for (const names of [[...all, "evil.exe"], all.slice(1)]) {
        have(...names);
        assert.throws(() => calls([{ tagName: TAG, isDraft: true }]), /the draft of v1\.2\.3 has/);
        assert.doesNotMatch(readFileSync(`${dir}/notes`, "utf8"), / edit /, "nothing is published");
      }
      Deno.env.set("GH_FAILS", "list");
      assert.throws(() => calls([]), /gh release list: HTTP 403/, "no answer is no page");
    } finally {
      Deno.env.set("PATH", path);
      for (const name of ["GH_NOTES", "GH_PAGES", "GH_ASSETS", "GH_FAILS"]) Deno.env.delete(name);
      rmSync(dir, { recursive: true });
    }
  },
});
