import assert from "node:assert/strict";
import { Screen } from "./output.ts";

/** A screen of which everything that is written stands in one text, as at a terminal. */
function make(shared = true) {
  const written: string[] = [];
  const screen = new Screen({
    stdout: {
      // As little at a time as a stream may take.
      write: (bytes) => {
        written.push(new TextDecoder().decode(bytes.subarray(0, 3)));
        return Promise.resolve(Math.min(3, bytes.length));
      },
    },
    stderr: (text) => void written.push(text),
    shared: () => shared,
  });
  const result = (text: string) => screen.result(new TextEncoder().encode(text));
  return { screen, result, text: () => written.join("") };
}

const ERASED = "\r\x1b[K";

Deno.test("the bar is gone before anything else is written, to either stream", async () => {
  const { screen, result, text } = make();
  screen.draw(["bar"]);
  screen.say("Note: a");
  screen.draw(["bar"]);
  await result("sha256:0\n");
  assert.equal(text(), `\rbar\x1b[K${ERASED}Note: a\n\rbar\x1b[K${ERASED}sha256:0\n`);
});

Deno.test("no bar is drawn once the result has begun, not even while it is written", async () => {
  const { screen, result, text } = make();
  const writing = result("0123456789");
  screen.draw(["bar"]);
  await writing;
  screen.draw(["bar"]);
  assert.equal(text(), "0123456789");
});

Deno.test("a message after an unfinished line begins a new one, but only at one terminal", async () => {
  for (const [shared, expected] of [[true, "a\nError: b\n"], [false, "aError: b\n"]] as const) {
    const { screen, result, text } = make(shared);
    await result("a");
    screen.say("Error: b");
    assert.equal(text(), expected);
  }
  const { screen, result, text } = make();
  await result("a\n");
  await result("");
  screen.say("Error: b");
  assert.equal(text(), "a\nError: b\n");
});

Deno.test("while a question is open nothing is drawn, and messages wait", async () => {
  const { screen, text } = make();
  screen.draw(["bar"]);
  const typed = Promise.withResolvers<{ text: string; echoed: boolean }>();
  const asking = screen.ask("Sure? [y/N] ", () => typed.promise);
  screen.draw(["bar"]);
  screen.say("Note: a");
  assert.equal(text(), `\rbar\x1b[K${ERASED}Sure? [y/N] `);
  typed.resolve({ text: "y", echoed: false });
  assert.equal(await asking, "y");
  screen.draw(["bar"]);
  assert.equal(text(), `\rbar\x1b[K${ERASED}Sure? [y/N] \nNote: a\n\rbar\x1b[K`);
});

Deno.test("a question that is interrupted ends its line", async () => {
  const { screen, text } = make();
  const stopped = new Error("stopped");
  await assert.rejects(screen.ask("Sure? ", () => Promise.reject(stopped)), stopped);
  screen.say("Error: stopped");
  assert.equal(text(), "Sure? \nError: stopped\n");
});

Deno.test("lines that a narrower terminal has broken are removed whole", () => {
  let columns = 80;
  const out: string[] = [];
  const screen = new Screen({
    stdout: { write: (bytes) => Promise.resolve(bytes.length) },
    stderr: (text) => void out.push(text),
    shared: () => false,
    columns: () => columns,
  });
  const lines = ["a".repeat(70), "\x1b[32m" + "b".repeat(30) + "\x1b[0m"];
  screen.draw(lines);
  screen.draw(lines);
  assert.equal(out.at(-1)!.split("a")[0], "\x1b[1A\r");
  columns = 40;
  screen.draw(["c"]);
  // 70 columns are two rows of 40, and the cursor is in the third.
  assert.equal(out.at(-1), "\x1b[2A\r\x1b[Jc\x1b[K");
  screen.erase();
  screen.erase();
  assert.equal(out.at(-1), "\r\x1b[K");
  assert.equal(out.length, 4);
});
