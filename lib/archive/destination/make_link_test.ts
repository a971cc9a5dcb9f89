import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { lacks } from "../../../tests/fakes/only_on.ts";
import { asPlatform } from "../../../tests/fakes/platforms/as_platform.ts";
import { makeLink } from "./make_link.ts";

test("where Windows lets this user make no links, the error says what lets one", {
  skip: lacks("proc") || !existsSync("/sys/kernel") && "no /sys",
}, async () => {
  // No user makes a link there: the system answers as Windows does.
  const make = () => makeLink("a", "/sys/kernel/link", { toDirectory: false, path: "d/link" });
  await asPlatform("linux", () => assert.throws(make, { code: /^(EPERM|EACCES|EROFS)$/ }));
  const denied = (error: unknown) => ["EPERM", "EACCES"].includes((error as { code: string }).code);
  let answer: unknown;
  try {
    make();
  } catch (error) {
    answer = error;
  }
  if (!denied(answer)) return; // a container may have /sys mounted for reading alone
  await asPlatform("windows", () =>
    assert.throws(make, {
      code: "file-system",
      message: 'cannot make the link "d/link": Windows lets this user make no links',
      hint: /Developer Mode.*exclude/,
    }));
});
