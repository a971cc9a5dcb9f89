import assert from "node:assert/strict";
import { asPlatform } from "../../tests/fakes/platforms/as_platform.ts";
import { defaultCacheDir, isAbsolute, nameIn, userConfigPath } from "./paths.ts";

const places = (variables: Record<string, string>) => {
  const env = (name: string) => variables[name];
  return [userConfigPath(env), defaultCacheDir(env)];
};

Deno.test("where files are kept: XDG's variables first, then each system's own place", async () => {
  for (
    const [os, variables, config, cache] of [
      ["linux", { HOME: "/h" }, "/h/.config/blobber/config.yaml", "/h/.cache/blobber"],
      ["darwin", { HOME: "/h" }, "/h/.config/blobber/config.yaml", "/h/.cache/blobber"],
      [
        "linux",
        { HOME: "/h", XDG_CACHE_HOME: "/x" },
        "/h/.config/blobber/config.yaml",
        "/x/blobber",
      ],
      // On Linux these are relative, and so ignored.
      [
        "linux",
        { HOME: "/h", XDG_CONFIG_HOME: "C:/x", APPDATA: "/a" },
        "/h/.config/blobber/config.yaml",
        "/h/.cache/blobber",
      ],
      ["linux", { HOME: "/dev/null" }, undefined, undefined],
      [
        "windows",
        { APPDATA: "C:\\R", LOCALAPPDATA: "C:\\L\\", USERPROFILE: "C:\\U" },
        "C:\\R\\blobber\\config.yaml",
        "C:\\L\\blobber",
      ],
      [
        "windows",
        { APPDATA: "C:/R", XDG_CACHE_HOME: "D:\\x" },
        "C:/R/blobber/config.yaml",
        "D:\\x\\blobber",
      ],
      ["windows", { APPDATA: "R", LOCALAPPDATA: "C:L" }, undefined, undefined],
    ] as ["linux" | "darwin" | "windows", Record<string, string>, string?, string?][]
  ) {
    await asPlatform(os, () => assert.deepEqual(places(variables), [config, cache]));
  }
});

Deno.test("a drive and a server make a path absolute where there are such", async () => {
  await asPlatform("windows", () => {
    for (const path of ["C:\\x", "c:/x", "\\\\server\\share", "/x"]) {
      assert.ok(isAbsolute(path), path);
    }
    for (const path of ["C:x", "C:", "x", "x\\y", ""]) assert.ok(!isAbsolute(path), path);
    assert.deepEqual(["a\\b/c", "a/b\\c", "c"].map(nameIn), ["c", "c", "c"]);
  });
  await asPlatform("linux", () => {
    for (const path of ["C:\\x", "C:/x", "\\\\server\\share"]) assert.ok(!isAbsolute(path), path);
    assert.deepEqual(["a\\b/c", "a/b\\c"].map(nameIn), ["c", "b\\c"]);
  });
});
