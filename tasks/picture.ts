/**
 * Draws `docs/terminal.svg`: the program at a real pseudo-terminal, beside a registry on this machine. What differs
 * from run to run (a port, a key, how long it took) is drawn alike each time, so that a test can compare.
 *
 *     deno task picture
 *
 * @module
 */

import { keys } from "../tests/cli/keys.ts";
import { Workplace } from "../tests/cli/program.ts";
import { hasTerminal, TerminalRun } from "../tests/cli/terminal.ts";
import { startRegistry } from "../tests/fakes/registry/fake_registry.ts";
import { inRoot, say } from "./run.ts";
import { type ShownLine, terminalSvg } from "./terminal_svg.ts";

/** Where the picture is. */
export const PICTURE = "docs/terminal.svg";

/** Width of the terminal. */
const COLUMNS = 96;
/** What is drawn in place of what differs; each is as long as what it stands for. */
const HOST = "127.0.0.1:50000";
const FINGERPRINT = "SHA256:822b33ad87c148a0a20a5ba7cd5ebcaa68d36a18e7aad165554903f52ca82757";

const FILES: Record<string, string> = {
  "site/index.html":
    '<!doctype html>\n<link rel="stylesheet" href="css/site.css">\n<h1>acme</h1>\n',
  "site/css/site.css": "h1 { font: 3rem/1 system-ui }\n",
  "site/js/app.js": `export const rows = ${
    JSON.stringify(Array.from({ length: 9000 }, (_, i) => i))
  };\n`,
};

const SESSION = [
  `push ./site ${HOST}/acme/site:v1 --sign-key acme.pem`,
  `tags ${HOST}/acme/site`,
  `ls -lH ${HOST}/acme/site:v1`,
  `cat ${HOST}/acme/site:v1 index.html`,
  `verify ${HOST}/acme/site:v1 --verify-key acme.pub`,
];

/** Runs the session and draws what the terminal shows in the end. */
export async function drawPicture(): Promise<string> {
  await using at = await Workplace.open();
  const registry = await startRegistry();
  try {
    await keys(at, "acme");
    for (const [path, content] of Object.entries(FILES)) await at.write(path, content);
    for (const name of ["site", "site/css", "site/js"]) {
      await Deno.chmod(`${at.dir}/${name}`, 0o755);
    }
    const env = { BLOBBER_PUSH_REPRODUCIBLE: "true", NO_COLOR: "1" };
    const lines: ShownLine[] = [];
    for (const line of SESSION) {
      const args = line.replaceAll(HOST, registry.host).split(" ");
      const { status, screen } = await new TerminalRun(at, args, { columns: COLUMNS, env }).end();
      if (status !== 0) throw new Error(`${line} exited with ${status}: ${screen.rows.join("\n")}`);
      if (lines.length > 0) lines.push({ kind: "output", text: "" });
      lines.push({ kind: "command", text: `$ blobber ${line}` });
      const shown = alike(screen.rows.join("\n"), registry.host);
      lines.push(...shown.split("\n").map((text): ShownLine => ({ kind: "output", text })));
    }
    return terminalSvg(lines, COLUMNS, "A directory is pushed and signed, read, and verified");
  } finally {
    await registry.close();
  }
}

/** What a session shows, with that which differs from run to run put in place. */
function alike(text: string, host: string): string {
  return text.replaceAll(host, HOST)
    .replace(/SHA256:[0-9a-f]+/g, (found) => FINGERPRINT.slice(0, found.length))
    .replace(/ in \d+(?:\.\d)? (?:s|min \d+ s)/g, " in 0.4 s");
}

if (import.meta.main) {
  if (!hasTerminal()) {
    say("skipped: script(1), which gives a program a terminal, is not here");
    Deno.exit(1);
  }
  await Deno.writeTextFile(inRoot(PICTURE), await drawPicture());
  say(PICTURE);
}
