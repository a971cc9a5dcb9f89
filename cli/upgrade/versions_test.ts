import assert from "node:assert/strict";
import { askedVersion, isNewer, newestStable } from "./versions.ts";

Deno.test("the newest stable version, by numbers and not by letters", () => {
  assert.equal(newestStable(["v1.9.0", "v1.10.0", "v1.2.0"]), "1.10.0");
  // Neither what comes before a release, nor what is no version, nor a version of other tags.
  const others = ["latest", "v2", "v2.0.0-rc.1", "9.0.0", "v1.2.3.sbom", "sha256-00", "v01.0.0"];
  assert.equal(newestStable([...others, "v1.0.0"]), "1.0.0");
  assert.equal(newestStable(others), undefined);
});

Deno.test("a version is asked for with or without v, and nothing else is one", () => {
  assert.equal(askedVersion("v1.2.3"), "1.2.3");
  assert.equal(askedVersion("1.2.3-rc.1"), "1.2.3-rc.1");
  for (
    const text of ["", "v", "1.2", "vv1.2.3", "1.2.3+build", "1.2.3 ", "1.2.3@sha256:0", "latest"]
  ) {
    assert.throws(() => askedVersion(text), { code: "usage" }, text);
  }
});

Deno.test("a release is newer than what came before it", () => {
  assert.ok(isNewer("1.0.0", "1.0.0-rc.9"));
  assert.ok(isNewer("1.10.0", "1.9.9"));
  assert.ok(!isNewer("1.0.0", "1.0.0"));
});
