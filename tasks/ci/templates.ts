/**
 * The files of the GitLab component. They hold the scripts of `ci/` and the installer, byte for byte: what a
 * pipeline includes is all that it runs, until the installer has verified the rest.
 *
 * @module
 */

import { readFileSync, writeFileSync } from "node:fs";
import { readYaml } from "../../cli/config/yaml.ts";
import { treeVersion } from "../release/version.ts";
import { inRoot, say } from "../run.ts";

/** What a component can be told beside what the action can. */
interface Input {
  description: string;
  default?: string;
  type?: "boolean" | "array";
}

/** The commands, and the inputs of the action that each takes. */
export const COMMANDS = {
  push: ["reference", "path", "tags", "sign", "if-absent", "username", "password", "version"],
  pull: [
    ...["reference", "path", "verify-issuer", "verify-subject", "verify-subject-pattern"],
    ...["verify-repo", "verify-key", "config", "unverified", "username", "password", "version"],
  ],
} as const;

/** A command that the component has. */
export type Command = keyof typeof COMMANDS;

/** Files that the scripts are, from the root. */
const SCRIPTS = ["ci/main.sh", "ci/lib.sh", "ci/setup.sh", "ci/push.sh", "ci/pull.sh"];

/** The image that has what the installer needs: a shell, curl, CA certificates, and glibc. */
const IMAGE = "docker.io/library/buildpack-deps:stable-curl";

/** Ends a file within the script: a line that is in none of them. */
const END = "END_OF_FILE";

/** The inputs of a component by name. */
export function inputsOf(command: Command): Record<string, Input> {
  const action = readYaml(readFileSync(inRoot("action.yml"), "utf8"), "action.yml") as {
    inputs: Record<string, { description: string; default: string }>;
  };
  const own: Record<string, Input> = {
    job: { description: "Name of the job.", default: `blobber-${command}` },
    stage: {
      description: "Stage of the job.",
      default: command === "push" ? "deploy" : "build",
    },
    image: { description: "Image that the job runs in: with sh, curl and glibc.", default: IMAGE },
    rules: {
      description: "When the job runs.",
      type: "array",
      default: "[{ when: on_success }]",
    },
  };
  for (const name of COMMANDS[command]) {
    const { description, default: value } = action.inputs[name]!;
    own[name] = { description };
    if (!["reference", "path"].includes(name)) own[name].default = value;
    if (value === "true" || value === "false") own[name].type = "boolean";
  }
  own["username"]!.default = "";
  own["version"] = {
    description:
      "Release of blobber to install: `1.2.3`, `latest`, or `none` for one in the image.",
    default: treeVersion(),
  };
  return own;
}

/** The text of a component's file. */
export function templateOf(command: Command): string {
  const inputs = inputsOf(command);
  const spec = Object.entries(inputs).map(([name, { description, type, ...rest }]) => {
    const lines = [`    ${name}:`, `      description: ${JSON.stringify(description)}`];
    if (type !== undefined) lines.push(`      type: ${type}`);
    if (rest.default !== undefined) {
      lines.push(
        `      default: ${type === undefined ? JSON.stringify(rest.default) : rest.default}`,
      );
    }
    return lines.join("\n");
  });
  const variables = COMMANDS[command].map((name) =>
    `    INPUT_${name.replaceAll("-", "_").toUpperCase()}: "$[[ inputs.${name} ]]"`
  );
  const identity = command === "push"
    ? "\n  id_tokens:\n    SIGSTORE_ID_TOKEN: { aud: sigstore }"
    : "";
  return `# Written by \`deno task ci templates\`: change tasks/ci/templates.ts, action.yml or ci/ instead.
spec:
  inputs:
${spec.join("\n")}
---
"$[[ inputs.job ]]":
  stage: "$[[ inputs.stage ]]"
  image: "$[[ inputs.image ]]"
  rules: $[[ inputs.rules ]]${identity}
  variables:
    INPUT_COMMAND: ${command}
${variables.join("\n")}
    INPUT_DOTENV: blobber.env
  script:
    - |
${indented(script())}
  artifacts:${command === "pull" ? `\n    paths: ["$[[ inputs.path ]]"]` : ""}
    reports:
      dotenv: blobber.env
`;
}

/** Writes the scripts to a directory, and runs them from there. */
function script(): string {
  const files = [...SCRIPTS, "install.sh"].map((path) => {
    const text = readFileSync(inRoot(path), "utf8");
    if (text.includes(END) || text.includes("$[[")) throw new Error(`${path} cannot stand in YAML`);
    return `cat >"$blobber_dir/${path}" <<'${END}'\n${text}${END}\n`;
  });
  return `blobber_dir=$(mktemp -d)
mkdir "$blobber_dir/ci"
${files.join("")}blobber_status=0
sh "$blobber_dir/ci/main.sh" || blobber_status=$?
rm -rf "$blobber_dir"
(exit "$blobber_status")
`;
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, "        ").trimEnd();
}

/** Writes both files. */
export function writeTemplates(): void {
  for (const command of Object.keys(COMMANDS) as Command[]) {
    const path = `templates/${command}.yml`;
    writeFileSync(inRoot(path), templateOf(command));
    say(path);
  }
}
