/**
 * A command lists only flags that do something for it. Each command runs here with settings that take note of what
 * is asked of them: a flag that a command lists, and nothing of it asks for, is a promise that is not kept.
 */

import assert from "node:assert/strict";
import type { Build } from "../build.ts";
import { type Command, COMMANDS } from "../command_table/table.ts";
import { loadCommand } from "../commands/load.ts";
import { resolveSettings, type Settings } from "../config/effective.ts";
import { isShown, parseCommandLine } from "../line/parse.ts";
import { planRun, type RunPlan } from "../plan/run_plan.ts";
import { appliesTo, SETTING_NAMES, type SettingName, settingOf } from "./table.ts";
import { Output, Screen } from "../terminal/output.ts";
import { Reporter } from "../terminal/reporter.ts";
import { keys } from "../../tests/cli/keys.ts";
import { Workplace } from "../../tests/cli/program.ts";

/** Every command acts on these, or the program does for it. */
const PROGRAM_WIDE: readonly SettingName[] = ["output", "verbose", "help", "config"];

/** What a command asked of its settings, its plan and its reporter. */
class Asked {
  readonly settings = new Set<SettingName>();
  readonly parts = new Set<"signing" | "verification" | "progress" | "notices" | "lists">();

  /** Whether something asked for what the flag of a row says. */
  has(name: SettingName): boolean {
    const { group, signs, type } = settingOf(name);
    if (this.settings.has(name) || PROGRAM_WIDE.includes(name)) return true;
    if (name === "progress") return this.parts.has("progress");
    if (name === "quiet") return this.parts.has("notices");
    if (type === "list" && this.parts.has("lists")) return true;
    // What is demanded, and how to sign, is planned for all commands, and asked for by some.
    if (
      this.parts.has("signing") && (group === "signing" || signs !== undefined || name === "yes")
    ) {
      return true;
    }
    return this.parts.has("verification") && group === "verification";
  }

  /** Settings that tell what is asked of them. */
  watch(settings: Settings): Settings {
    return new Proxy(settings, {
      get: (target, property) => {
        const value: unknown = Reflect.get(target, property, target);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => {
          if (typeof args[0] === "string") this.settings.add(args[0] as SettingName);
          return value.apply(target, args);
        };
      },
    });
  }

  /** A plan that tells which half of it is asked for. */
  watchPlan(plan: RunPlan): RunPlan {
    const { parts } = this;
    return {
      get signing() {
        parts.add("signing");
        return plan.signing;
      },
      get verification() {
        parts.add("verification");
        return plan.verification;
      },
    };
  }

  /** A reporter that tells what it is asked for, and shows nothing. */
  watchReporter(): Reporter {
    const reporter = new Reporter({
      form: "none",
      json: false,
      quiet: false,
      verbose: false,
      color: false,
      screen: new Screen(NOWHERE),
      columns: () => 80,
      now: () => 0,
    });
    return new Proxy(reporter, {
      get: (target, property) => {
        if (property === "observer" || property === "onProgress") this.parts.add("progress");
        if (["observer", "onNotice", "done"].includes(String(property))) this.parts.add("notices");
        const value: unknown = Reflect.get(target, property, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }
}

const NOWHERE = {
  stdout: { write: (bytes: Uint8Array) => Promise.resolve(bytes.length) },
  stderr: () => {},
  shared: () => false,
};

/** Runs a command line in this process. How it ends is of no interest here. */
async function run(argv: string[], at: Workplace, asked: Asked): Promise<void> {
  const { command, args, flags, lists } = parseCommandLine(argv);
  const env = (name: string) => at.environment()[name];
  const files = command!.withoutConfig !== true;
  const settings = await resolveSettings(flags, env, { files, system: `${at.dir}/none/config` });
  const plan = await planRun(command!.name, settings);
  const runCommand = await loadCommand(command!);
  await runCommand({
    args,
    settings: asked.watch(settings),
    plan: asked.watchPlan(plan),
    flags,
    // Those of several flags in the order of the command line.
    get lists() {
      asked.parts.add("lists");
      return lists;
    },
    out: new Output(new Screen(NOWHERE), "text"),
    report: asked.watchReporter(),
    signal: new AbortController().signal,
    env,
  }).catch(() => {});
}

/** Command lines that lead through all that a command does with its flags; paths are below the workplace. */
function runsOf(at: Workplace): Record<string, string[][]> {
  const { dir } = at;
  const [site, layout, key, pub] = [
    `${dir}/site`,
    `oci:${dir}/layout`,
    `${dir}/acme.pem`,
    `${dir}/acme.pub`,
  ];
  const ref = `${layout}:v1`;
  return {
    push: [
      [site, `${layout}:v2`, "--sign-key", key],
      [site, ref, "--dry-run"],
      [site, `${layout}:v2`, "--base=auto", "--verify-key", pub],
    ],
    pull: [[ref, `${dir}/out`]],
    copy: [[ref, `oci:${dir}/mirror:v1`]],
    tag: [[ref, "v3"]],
    rm: [[`${layout}:v3`, "--yes"]],
    ls: [[ref], [ref, "--long"]],
    cat: [[ref, "index.html"]],
    check: [[site, ref], [site, ref, "--repair"]],
    cp: [[ref, "index.html", `${dir}/copied`], ["--recursive", ref, "css", `${dir}/css`]],
    diff: [[ref, site], [ref, site, "--stat"], [site, site]],
    tags: [[layout]],
    repos: [["127.0.0.1:1"]],
    resolve: [[ref]],
    inspect: [[ref], [ref, "--tags"], [ref, "--raw=manifest"]],
    tree: [[ref]],
    digest: [[site], [ref], [ref, "--tree"]],
    sign: [[ref, "--sign-key", key, "--from", site]],
    verify: [[ref, "--verify-key", pub]],
    trust: [[]],
    "trust list": [[]],
    "trust check": [[ref, "--verify-key", pub]],
    "trust add": [[ref], [`${dir}/**`, "--verify-key", pub]],
    "trust remove": [["acme"]],
    version: [[]],
    completion: [["bash"]],
    logout: [["registry.invalid"]],
    cache: [[]],
    "cache info": [[]],
    "cache clear": [[]],
    "cache prune": [["--max-age=1d"]],
    config: [[]],
    "config path": [[]],
    "config init": [[`--config=${dir}/new.yaml`]],
    "config get": [["verbose"]],
    "config set": [["verbose", "false"]],
    "config unset": [["verbose"]],
    help: [["push"]],
    upgrade: [["--check"]],
  };
}

/** Flags that act behind a step that cannot be taken here, and the tests that take it. */
const ELSEWHERE: Record<string, readonly SettingName[]> = {
  "trust add": ["yes", "signer"], // tests/cli/trust_add_test.ts: a proposal from an identity's signature
  upgrade: ["offline", "progress"], // tests/cli/upgrade_test.ts: a release in a registry
};

/** They ask a person or a server: what they read is not seen here. */
const NOT_RUN = ["login"];

Deno.test("a command lists only flags that it asks for when it runs", async () => {
  await using at = await Workplace.open();
  await at.site();
  await keys(at, "acme");
  await at.ok(["push", "site", "oci:layout:v1", "--sign-key", "acme.pem"]);
  const runs = runsOf(at);
  const inVain: string[] = [];
  // Whose releases are in a registry that cannot be reached.
  const home = { artifact: "127.0.0.1:1/releases", issuer: "https://issuer", identityPrefix: "x" };
  using _ = actAsBuild({ commit: "0".repeat(40), target: "linux-x64", home });
  for (const command of COMMANDS.filter(({ hidden, name }) => !hidden && !NOT_RUN.includes(name))) {
    const lines = runs[command.name];
    assert.ok(lines, `say here how ${command.name} is run`);
    const asked = new Asked();
    for (const args of lines) await run([...command.name.split(" "), ...args], at, asked);
    inVain.push(
      ...listed(command).filter((name) =>
        !asked.has(name) && !ELSEWHERE[command.name]?.includes(name)
      ).map((name) => `${command.name} --${settingOf(name).flag}`),
    );
  }
  assert.deepEqual(inVain, []);
});

/** Has the program think that it is a binary. */
function actAsBuild(build: Build): Disposable {
  const key = Symbol.for("blobber.build");
  const global = globalThis as { [key]?: Build };
  global[key] = build;
  return { [Symbol.dispose]: () => delete global[key] };
}

function listed({ name: command }: Command): SettingName[] {
  return SETTING_NAMES.filter((name) =>
    isShown(settingOf(name)) && appliesTo(settingOf(name), command)
  );
}

Deno.test("flags that users of the Go tool write before any command are taken by every one", () => {
  const everywhere = SETTING_NAMES.filter((name) => settingOf(name).everywhere);
  assert.deepEqual(
    everywhere.map((name) => settingOf(name).flag).toSorted(),
    ["cache-ttl", "cache-verify", "config", "insecure", "no-cache", "progress", "quiet"],
  );
});
