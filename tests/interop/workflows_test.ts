/**
 * The workflows, the action and the scripts as linters read them: actionlint and zizmor, which knows attacks, find
 * nothing, and neither does shellcheck. Each finds what is put in to be found.
 */

import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { inRoot } from "../../tasks/run.ts";
import { interop } from "./harness.ts";
import { requirePeer } from "./peers.ts";
import { TempDir } from "./processes.ts";

/** What linters read, from the root. */
const READ = [".github", "action.yml", "ci", "install.sh", "templates"];

/** A copy of it, which a test may change. */
function copy({ path }: TempDir): (file: string, change: (text: string) => string) => void {
  for (const name of READ) cpSync(inRoot(name), `${path}/${name}`, { recursive: true });
  // Both look for the project that files belong to.
  mkdirSync(`${path}/.git`);
  return (file, change) => {
    const text = readFileSync(`${path}/${file}`, "utf8");
    const changed = change(text);
    assert.notEqual(changed, text, `${file} is not changed`);
    writeFileSync(`${path}/${file}`, changed);
  };
}

/** Runs a linter on a copy; nothing of a colour or of the network. */
function lint(program: string, args: string[], cwd: string): { ok: boolean; said: string } {
  const { success, stdout, stderr } = new Deno.Command(program, {
    args,
    cwd,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).outputSync();
  const decoder = new TextDecoder();
  return { ok: success, said: decoder.decode(stdout) + decoder.decode(stderr) };
}

function actionlint({ path }: TempDir): { ok: boolean; said: string } {
  const files = readdirSync(`${path}/.github/workflows`).map((name) => `.github/workflows/${name}`);
  const args = ["-no-color", "-shellcheck", requirePeer("shellcheck"), "-pyflakes=", ...files];
  return lint(requirePeer("actionlint"), args, path);
}

function zizmor({ path }: TempDir): { ok: boolean; said: string } {
  const args = ["--offline", "--no-progress", "--persona", "auditor", "--color", "never", "."];
  return lint(requirePeer("zizmor"), args, path);
}

function shellcheck({ path }: TempDir): { ok: boolean; said: string } {
  const options = ["--external-sources", "--check-sourced", "--source-path=.", "--severity=style"];
  return lint(requirePeer("shellcheck"), [...options, "ci/main.sh", "install.sh"], path);
}

const CHANGE = ".github/workflows/change.yml";

interop("actionlint finds nothing in the workflows, and finds a context that is none", [
  "actionlint",
  "shellcheck",
], () => {
  using dir = new TempDir();
  const change = copy(dir);
  assert.deepEqual(actionlint(dir), { ok: true, said: "" });
  change(CHANGE, (text) => text.replace("${{ matrix.task }}", "${{ matrix.tsk }}"));
  assert.match(actionlint(dir).said, /property "tsk" is not defined/);
  return Promise.resolve();
});

interop("zizmor finds no way in, and finds those that are opened", ["zizmor"], () => {
  const openings: [file: string, RegExp, string, RegExp][] = [
    [CHANGE, /@[0-9a-f]{40} # v[\d.]+/, "@v7", /unpinned-uses/],
    [CHANGE, /persist-credentials: false/, "fetch-depth: 1", /artipacked/],
    [CHANGE, /pull_request: \{\}/, "pull_request_target: {}", /dangerous-triggers/],
    [CHANGE, /permissions: \{\}/, "permissions: write-all", /excessive-permissions/],
    [CHANGE, /task "\$TASK"/, "task ${{ github.head_ref }}", /template-injection/],
    ["action.yml", /ci\/main\.sh"/, 'ci/main.sh" ${{ inputs.path }}', /template-injection/],
  ];
  {
    using dir = new TempDir();
    copy(dir);
    const { ok, said } = zizmor(dir);
    assert.ok(ok && /No findings to report/.test(said), said);
  }
  for (const [file, from, to, finding] of openings) {
    using dir = new TempDir();
    copy(dir)(file, (text) => text.replace(from, to));
    const { ok, said } = zizmor(dir);
    assert.ok(!ok, `${to} is not found`);
    assert.match(said, finding);
  }
  return Promise.resolve();
});

interop(
  "shellcheck finds nothing in the scripts, and finds a word that splits",
  ["shellcheck"],
  () => {
    using dir = new TempDir();
    const change = copy(dir);
    assert.deepEqual(shellcheck(dir), { ok: true, said: "" });
    change("ci/push.sh", (text) => text.replace('run "$@"', "run $@"));
    assert.match(shellcheck(dir).said, /SC2068/);
    return Promise.resolve();
  },
);
