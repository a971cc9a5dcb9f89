import { test } from "node:test";
import assert from "node:assert/strict";
import { platform } from "../../system/platform.ts";
import { mountPoints, mountsIn } from "./mount_points.ts";

test("paths are taken out of the table of mounts, with what is escaped in them", () => {
  const table = "23 28 0:21 / /proc rw - proc proc rw\n" +
    "36 35 98:0 /mnt1 /mnt/with\\040space\\134 rw,noatime master:1 - ext3 /dev/root rw\n";
  assert.deepEqual([...mountsIn(table)], ["/proc", "/mnt/with space\\"]);
});

test("the root is one of them, where the system tells", () => {
  const { hasProc, isActed } = platform();
  if (isActed) return;
  assert.equal(mountPoints().has("/"), hasProc);
});
