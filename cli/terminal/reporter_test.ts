import assert from "node:assert/strict";
import { BlobberError, type Progress } from "@blobber/core";
import { ScreenModel } from "../../tests/cli/screen_model.ts";
import { Screen } from "./output.ts";
import { progressForm, Reporter, type ReporterOptions } from "./reporter.ts";

/** A reporter with a clock of its own. */
function make(given: Partial<ReporterOptions>) {
  const out: string[] = [];
  const clock = { ms: 0 };
  const reporter = new Reporter({
    form: "plain",
    json: false,
    quiet: false,
    verbose: false,
    color: false,
    screen: new Screen({
      stdout: { write: (bytes) => Promise.resolve(bytes.length) },
      stderr: (text) => void out.push(text),
      shared: () => false,
    }),
    columns: () => 80,
    now: () => clock.ms,
    ...given,
  });
  const { onProgress } = reporter.observer(new AbortController().signal);
  const upload = (done: number, more: Partial<Progress> = {}) =>
    onProgress!({
      phase: "upload",
      done,
      total: 73_000_000,
      unit: "bytes",
      finished: false,
      ...more,
    });
  return { out, clock, reporter, upload };
}

Deno.test("a call of the library reports to it and is stopped by the signal that was given", () => {
  const { out, reporter } = make({});
  const { signal } = new AbortController();
  const observer = reporter.observer(signal);
  observer.onNotice!({ level: "info", code: "a", message: "note" });
  assert.deepEqual(out, ["Note: note\n"]);
  assert.equal(observer.signal, signal);
});

Deno.test("a person is told what came of the work, and no script is", async () => {
  const { out, clock, reporter } = make({ person: true });
  clock.ms = 1940;
  await reporter.done((took) => Promise.resolve(`Pushed \x1b[2Jsite: 3 files ${took}`));
  await reporter.done("Tagged it");
  assert.deepEqual(out, ["Pushed \\x1b[2Jsite: 3 files in 1.9 s\n", "Tagged it\n"]);
  for (
    const given of [
      {},
      { person: true, quiet: true },
      { person: true, json: true },
      { person: true, silent: true },
    ]
  ) {
    const other = make(given);
    await other.reporter.done(() => assert.fail("text was made that is not shown"));
    assert.deepEqual(other.out, []);
  }
});

Deno.test("work under a second shows nothing", () => {
  for (const form of ["tty", "plain", "json"] as const) {
    const { out, clock, reporter, upload } = make({ form });
    upload(0);
    clock.ms = 900;
    upload(73_000_000, { finished: true });
    reporter.close();
    assert.deepEqual(out, []);
  }
});

Deno.test("a log gets a sentence every two seconds and one at the end", () => {
  const { out, clock, upload } = make({});
  for (const ms of [0, 500, 1500, 2000, 3000, 3600, 4000]) {
    clock.ms = ms;
    upload(ms * 10_000);
  }
  clock.ms = 5000;
  upload(73_000_000, { finished: true });
  upload(73_000_000, { finished: true });
  assert.deepEqual(out, [
    "Uploading: 15.0 MB of 73.0 MB (20%)\n",
    "Uploading: 36.0 MB of 73.0 MB (49%)\n",
    "Uploading: done, 73.0 MB in 5s\n",
  ]);
});

Deno.test("the bar never fills the last column, at any width, and goes before other text", () => {
  for (const columns of [40, 60, 80, 200]) {
    const { out, clock, reporter, upload } = make({ form: "tty", columns: () => columns });
    upload(0);
    clock.ms = 2000;
    upload(36_500_000);
    reporter.warn("x", "something");
    reporter.close();
    const [bar, erased, warning] = out;
    assert.ok(bar!.startsWith("\r") && bar!.endsWith("\x1b[K"));
    assert.ok(bar!.length - 4 < columns, `${bar!.length - 4} of ${columns}`);
    assert.match(bar!, /50%/);
    assert.deepEqual([erased, warning], ["\r\x1b[K", "Warning: something\n"]);
  }
});

Deno.test("JSON lines are one document each", () => {
  const { out, clock, upload } = make({ form: "json", json: true });
  upload(0);
  clock.ms = 1500;
  upload(10);
  assert.deepEqual(out.map((line) => JSON.parse(line)), [{
    progress: { phase: "upload", done: 10, total: 73_000_000, unit: "bytes", finished: false },
  }]);
});

Deno.test("of a push the packing has a bar and a percentage, and the upload a line of its own", () => {
  for (const columns of [80, 40]) {
    const { out, clock, reporter, upload } = make({ form: "tty", columns: () => columns });
    const pack = (done: number, more: Partial<Progress> = {}) =>
      reporter.onProgress({
        phase: "pack",
        done,
        total: 42_500_000,
        unit: "bytes",
        finished: false,
        ...more,
      });
    const shows = () => new ScreenModel(columns).write(out.join("")).rows;
    reporter.onProgress({ phase: "walk", done: 5, unit: "entries", finished: false });
    clock.ms = 1000;
    reporter.onProgress({ phase: "walk", done: 5000, unit: "entries", finished: false });
    assert.match(shows()[0]!, /^Reading +5000 entries/);
    pack(0);
    upload(0, { total: undefined });
    clock.ms = 3000;
    pack(20_100_000);
    clock.ms = 3100;
    upload(8_000_000, { total: undefined });
    const amounts = columns === 80 ? "20.1 MB of 42.5 MB  9.6 MB/s" : "20.1 MB of 42.5 MB";
    const bar = columns === 80 ? `[${"=".repeat(14)}${" ".repeat(15)}]  47%` : "  47%";
    assert.deepEqual(shows(), [
      `Packing     ${bar}  ${amounts}`,
      `Uploading    8.0 MB  3.8 MB/s${columns === 80 ? "  2s elapsed" : ""}`,
    ]);
    // What was drawn is gone before a message, and stands below it again.
    reporter.warn("a", "something");
    clock.ms = 3300;
    pack(42_500_000, { finished: true });
    assert.deepEqual(shows().length, 2);
    assert.equal(shows()[0], "Warning: something");
    assert.match(shows()[1]!, /^Uploading/);
    reporter.close();
    assert.deepEqual(shows(), ["Warning: something"]);
  }
});

Deno.test("a log of a push says how much is packed, and of the upload what comes after", () => {
  const { out, clock, reporter, upload } = make({});
  for (const ms of [0, 2000, 4000, 5000, 7000, 8000]) {
    clock.ms = ms;
    const total = ms < 2000 ? undefined : 5000;
    const done = Math.min(5000, ms);
    if (ms <= 5000) {
      const finished = ms === 5000;
      reporter.onProgress({ phase: "pack", unit: "bytes", done, total, finished });
    }
    upload(ms, { total: undefined, finished: ms === 8000 });
  }
  assert.deepEqual(out, [
    "Packing: 2.0 kB of 5.0 kB (40%)\n",
    "Packing: 4.0 kB of 5.0 kB (80%)\n",
    "Packing: done, 5.0 kB in 5s\n",
    "Uploading: 5.0 kB\n",
    "Uploading: 7.0 kB\n",
    "Uploading: done, 8.0 kB in 8s\n",
  ]);
});

Deno.test("the bar has the terminal's green where colors are wanted, and is no wider for it", () => {
  const { out, clock, reporter, upload } = make({ form: "tty", color: true });
  upload(0);
  clock.ms = 2000;
  upload(36_500_000);
  reporter.close();
  const half = `[\x1b[32m${"=".repeat(15)}\x1b[0m${" ".repeat(14)}]  50%`;
  assert.ok(out[0]!.includes(half), out[0]);
  assert.ok(new ScreenModel(80).write(out[0]!).current.length < 80);
});

Deno.test("notices: quiet keeps warnings, verbose adds details, and none is shown twice", () => {
  const notices = [
    { level: "debug", code: "a", message: "detail" },
    { level: "info", code: "b", message: "note" },
    { level: "warning", code: "c", message: "care" },
    { level: "warning", code: "c", message: "care" },
  ] as const;
  const said = (given: Partial<ReporterOptions>) => {
    const { out, reporter } = make(given);
    for (const notice of notices) reporter.onNotice(notice);
    return out.map((line) => line.trim());
  };
  assert.deepEqual(said({}), ["Note: note", "Warning: care"]);
  assert.deepEqual(said({ quiet: true }), ["Warning: care"]);
  assert.deepEqual(said({ verbose: true }), ["Debug: detail", "Note: note", "Warning: care"]);
});

Deno.test("an error is a line and its hint; an unexpected one shows its stack only on demand", async () => {
  const { out, reporter } = make({});
  const status = await reporter.error(new BlobberError("unauthorized", "no", { hint: "log in" }));
  assert.equal(status, 3);
  assert.deepEqual(out, ["Error: authentication failed: no\n", "Hint: log in\n"]);
  const bug = new TypeError("x is not a function\n\x1b[2J");
  const plain = make({});
  assert.equal(await plain.reporter.error(bug), 1);
  assert.equal(plain.out[0], "Error: unexpected error: x is not a function\\x0a\\x1b[2J\n");
  assert.equal(plain.out.length, 2);
  const verbose = make({ verbose: true });
  await verbose.reporter.error(bug);
  assert.match(verbose.out[2]!, /reporter_test\.ts/);
});

Deno.test("an error of the operating system that got this far exits 13", async () => {
  for (
    const error of [
      new Deno.errors.PermissionDenied("x"),
      Object.assign(new Error("x"), { code: "ENOSPC" }),
    ]
  ) {
    const { out, reporter } = make({ json: true });
    assert.equal(await reporter.error(error), 13);
    assert.equal(JSON.parse(out[0]!).error.code, "file-system");
  }
});

Deno.test("auto: a bar on a terminal, sentences in a log, nothing beside JSON", () => {
  const around = { json: false, quiet: false, terminal: true, dumb: false };
  assert.equal(progressForm("auto", around), "tty");
  assert.equal(progressForm("auto", { ...around, dumb: true }), "plain");
  assert.equal(progressForm("auto", { ...around, terminal: false }), "plain");
  assert.equal(progressForm("auto", { ...around, terminal: false, json: true }), "none");
  assert.equal(progressForm("auto", { ...around, quiet: true }), "none");
  assert.equal(progressForm("tty", { ...around, quiet: true }), "tty");
});

Deno.test("a pull is one bar, of the bytes that arrive, even if no file is complete", () => {
  const { out, clock, reporter } = make({ form: "tty" });
  const tell = (phase: Progress["phase"], unit: Progress["unit"], done: number, total: number) =>
    reporter.onProgress({ phase, unit, done, total, finished: done === total });
  tell("download", "bytes", 0, 1_000_000);
  tell("unpack", "entries", 0, 1);
  clock.ms = 2000;
  tell("download", "bytes", 400_000, 1_000_000);
  clock.ms = 3000;
  tell("unpack", "entries", 0, 1);
  clock.ms = 4000;
  tell("download", "bytes", 1_000_000, 1_000_000);
  clock.ms = 5000;
  tell("unpack", "entries", 1, 1);
  assert.deepEqual(out.map((bar) => /(\w+) .* (\d+%)/.exec(bar)!.slice(1)), [
    ["Pulling", "40%"],
    ["Pulling", "40%"],
    ["Pulling", "100%"],
    ["Pulling", "100%"],
  ]);
  reporter.close();
});

Deno.test("a log of a pull reports only bytes, a program gets both phases", () => {
  for (const form of ["plain", "json"] as const) {
    const { out, clock, reporter } = make({ form });
    for (const ms of [0, 2000, 5000]) {
      clock.ms = ms;
      const finished = ms === 5000;
      reporter.onProgress({ phase: "download", unit: "bytes", done: ms, total: 5000, finished });
      reporter.onProgress({ phase: "unpack", unit: "entries", done: 0, total: 1, finished });
    }
    if (form === "plain") {
      assert.deepEqual(out, [
        "Pulling: 2.0 kB of 5.0 kB (40%)\n",
        "Pulling: done, 5.0 kB in 5s\n",
      ]);
    } else {
      assert.deepEqual(out.map((line) => JSON.parse(line).progress.phase), [
        "download",
        "unpack",
        "download",
        "unpack",
      ]);
    }
  }
});

Deno.test("a time in the bar says that it is elapsed, and a part that does not fit is left out whole", () => {
  for (
    const [columns, expected] of [
      [80, "Uploading    207 MB  104 MB/s  2s elapsed"],
      [40, "Uploading    207 MB  104 MB/s"],
      [20, "Uploading    207 MB"],
      [12, "Uploading  "],
    ] as const
  ) {
    const { out, clock, reporter, upload } = make({ form: "tty", columns: () => columns });
    upload(0, { total: undefined });
    clock.ms = 2000;
    upload(207_000_000, { total: undefined });
    reporter.close();
    assert.equal(out[0], `\r${expected}\x1b[K`);
  }
});

Deno.test("work that begins late and reports once is drawn by the clock", async () => {
  const drawn = Promise.withResolvers<string>();
  const clock = { ms: 0 };
  const reporter = new Reporter({
    form: "tty",
    json: false,
    quiet: false,
    verbose: false,
    color: false,
    screen: new Screen({
      stdout: { write: (bytes) => Promise.resolve(bytes.length) },
      stderr: drawn.resolve,
      shared: () => false,
    }),
    columns: () => 80,
    now: () => clock.ms,
  });
  clock.ms = 5000;
  reporter.onProgress({ phase: "copy", done: 1, total: 2, unit: "entries", finished: false });
  // The timer keeps no process alive, and the test is one.
  const alive = setInterval(() => {}, 1000);
  assert.match(await drawn.promise, /Copying .*50%/);
  clearInterval(alive);
  reporter.close();
});
