import assert from "node:assert/strict";
import { asPlatform } from "../../tests/fakes/platforms/as_platform.ts";
import { homeDirectory, isAbsolute } from "@blobber/core/internal/platform";
import { defaultCacheDir, defaultStateDir, nameIn, userConfigPath } from "./paths.ts";

const places = (variables: Record<string, string>) => {
  const env = (name: string) => variables[name];
  return [userConfigPath(env), defaultCacheDir(env), defaultStateDir(env)];
};

Deno.test("where files are kept: XDG's variables first, then each system's own place", async () => {
  for (
    const [os, variables, ...expected] of [
      [
        "linux",
        { HOME: "/h" },
        "/h/.config/blobber/config.yaml",
        "/h/.cache/blobber",
        "/h/.local/state/blobber",
      ],
      [
        "darwin",
        { HOME: "/h" },
        "/h/.config/blobber/config.yaml",
        "/h/.cache/blobber",
        "/h/.local/state/blobber",
      ],
      [
        "linux",
        { HOME: "/h", XDG_CACHE_HOME: "/x" },
        "/h/.config/blobber/config.yaml",
        "/x/blobber",
        "/h/.local/state/blobber",
      ],
      [
        "linux",
        { HOME: "/h", XDG_CACHE_HOME: "/x", XDG_STATE_HOME: "/x" },
        "/h/.config/blobber/config.yaml",
        "/x/blobber",
        "/x/blobber/state",
      ],
      // On Linux these are relative, and so ignored.
      [
        "linux",
        { HOME: "/h", XDG_CONFIG_HOME: "C:/x", XDG_STATE_HOME: "s", APPDATA: "/a" },
        "/h/.config/blobber/config.yaml",
        "/h/.cache/blobber",
        "/h/.local/state/blobber",
      ],
      ["linux", { HOME: "/dev/null" }, undefined, undefined, undefined],
      [
        "windows",
        { APPDATA: "C:\\R", LOCALAPPDATA: "C:\\L\\", USERPROFILE: "C:\\U" },
        "C:\\R\\blobber\\config.yaml",
        "C:\\L\\blobber",
        "C:\\L\\blobber\\state",
      ],
      [
        "windows",
        { APPDATA: "C:/R", XDG_CACHE_HOME: "D:\\x", XDG_STATE_HOME: "D:\\s" },
        "C:/R/blobber/config.yaml",
        "D:\\x\\blobber",
        "D:\\s\\blobber",
      ],
      ["windows", { APPDATA: "R", LOCALAPPDATA: "C:L" }, undefined, undefined, undefined],
    ] as ["linux" | "darwin" | "windows", Record<string, string>, string?, string?, string?][]
  ) {
    await asPlatform(os, () => assert.deepEqual(places(variables), expected));
  }
});

Deno.test("a drive and a server make a path absolute where there are such", async () => {
  await asPlatform("windows", () => {
    for (const path of ["C:\\x", "c:/x", "\\\\server\\share", "//server/share"]) {
      assert.ok(isAbsolute(path), path);
    }
    for (const path of ["C:x", "C:", "x", "x\\y", "", "\\", "\\\\"]) {
      assert.ok(!isAbsolute(path), path);
    }
    assert.deepEqual(["a\\b/c", "a/b\\c", "c"].map(nameIn), ["c", "c", "c"]);
  });
  // These depend on the current drive; a test alone has its files there.
  const drives = ["\\x", "/x", "/", "//", "\\/"];
  await asPlatform("windows", () => {
    for (const path of drives) assert.ok(!isAbsolute(path), path);
    assert.deepEqual(places({ APPDATA: "\\R", LOCALAPPDATA: "/L", XDG_STATE_HOME: "\\s" }), [
      undefined,
      undefined,
      undefined,
    ]);
  }, { isActed: false });
  await asPlatform("linux", () => {
    for (const path of ["C:\\x", "C:/x", "\\\\server\\share"]) assert.ok(!isAbsolute(path), path);
    assert.deepEqual(["a\\b/c", "a/b\\c"].map(nameIn), ["c", "b\\c"]);
  });
});

Deno.test("the home is what the system's own variable names, if anything can be below it", async () => {
  const home = (variables: Record<string, string>) => homeDirectory((name) => variables[name]);
  const both = { HOME: "/h", USERPROFILE: "C:\\U" };
  await asPlatform("linux", () => assert.equal(home(both), "/h"));
  await asPlatform("windows", () => {
    assert.equal(home(both), "C:\\U");
    assert.equal(home({ HOME: "/h" }), undefined);
    assert.equal(home({ USERPROFILE: "\\U" }), undefined);
  }, { isActed: false });
  await asPlatform("linux", () => {
    for (const HOME of ["", "h", "/dev/null"]) assert.equal(home({ HOME }), undefined);
  });
});
