/** The picture of a terminal in the documentation shows what the program prints. */

import assert from "node:assert/strict";
import { hasTerminal } from "./cli/terminal.ts";
import { drawPicture, PICTURE } from "../tasks/picture.ts";
import { inRoot } from "../tasks/run.ts";
import { terminalSvg } from "../tasks/terminal_svg.ts";

Deno.test({
  name: "the picture of a terminal shows what the program prints there",
  ignore: !hasTerminal(),
  async fn() {
    const drawn = await drawPicture();
    assert.equal(await Deno.readTextFile(inRoot(PICTURE)), drawn, "run: deno task picture");
    assert.match(drawn, />Pushed 127\.0\.0\.1:50000\/acme\/site:v1: 3 files, /);
    // Nothing is loaded from elsewhere.
    assert.doesNotMatch(drawn.replace("http://www.w3.org/2000/svg", ""), /https?:|url\(|<script/);
  },
});

Deno.test("a line is text in the picture, whatever it holds", () => {
  const svg = terminalSvg([{ kind: "output", text: "<b>&amp;</b>" }], 40, "a < b");
  assert.ok(svg.includes(">&lt;b&gt;&amp;amp;&lt;/b&gt;</text>"), svg);
  assert.ok(svg.includes("<title>a &lt; b</title>"));
});
