import assert from "node:assert/strict";
import { formatDuration, formatSize, parseDuration, parseSize } from "./values.ts";

Deno.test("durations", () => {
  const read = ["0", "5m", "1h30m", "7d", "250ms", "1.5s"].map(parseDuration);
  assert.deepEqual(read, [0, 300_000, 5_400_000, 604_800_000, 250, 1500]);
  for (const bad of ["", "5", "m", "5 m", "-5m", "5y", "1e3s", "99999999999999999999d"]) {
    assert.equal(parseDuration(bad), undefined, bad);
  }
  assert.equal(formatDuration(5_400_000), "1h30m");
  assert.equal(formatDuration(0), "0");
});

Deno.test("sizes are decimal, or binary when they say so", () => {
  const read = ["0", "500", "1kB", "1GB", "1 GiB", "1.5MB", "10M"].map(parseSize);
  assert.deepEqual(read, [0, 500, 1000, 1e9, 2 ** 30, 1_500_000, 1e7]);
  for (const bad of ["", "GB", "-1", "1XB", "1e3", "99999999TB"]) {
    assert.equal(parseSize(bad), undefined, bad);
  }
});

Deno.test("sizes for people have at most three digits and a unit", () => {
  assert.deepEqual(
    [0, 999, 1000, 1_234_567, 99_950, 999_499, 999_500, 73e6].map(formatSize),
    ["0 B", "999 B", "1.0 kB", "1.2 MB", "100 kB", "999 kB", "1.0 MB", "73.0 MB"],
  );
});
