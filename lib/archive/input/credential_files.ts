/**
 * Files in which programs keep credentials, known by their names, and whether one is in there: such a file without
 * any, or with an example's, is no secret.
 *
 * What is pushed may be another's: patterns stay within a line, and repeat nothing without a bound that may begin
 * anywhere, so that no content makes them slow.
 *
 * @module
 */

import { isExample } from "./token_shapes.ts";

/** A kind of such files. */
interface FileKind {
  /** How it is called: the end of a path. */
  name: RegExp;
  /** What a secret in it is called. */
  kind: string;
  /** Finds what may be one, as the group `secret`. */
  secret: RegExp;
}

/** Names of settings whose values are secrets. */
const SECRET_NAME =
  "[\\w.-]{0,99}(?:secret|token|passw(?:or)?d|passphrase|api_?key|private_?key|access_?key|credential)[\\w.-]{0,99}";
/** `user:PASSWORD@` in an address, or `TOKEN@` alone. */
const IN_URL = "\\w{1,20}:\\/\\/(?:[^\\s:/@\"']*:)?(?<secret>[^\\s:/@\"'$<{%]{4,})@";

const KINDS: readonly FileKind[] = [
  {
    name: /(?:^|\/)\.env(?:\.(?!example$|sample$|template$|dist$|defaults?$)[^/]*)?$/i,
    kind: "password",
    secret: new RegExp(
      `^[ \\t]*(?:export[ \\t]+)?(?:${SECRET_NAME}[ \\t]*=[ \\t]*["']?(?<secret>[^\\s"'#$<{]{4,})|` +
        `[\\w.-]+[ \\t]*=[ \\t]*["']?\\w+:\\/\\/[^\\s:/@"']*:(?<inUrl>[^\\s/@"'$<{]{4,})@)`,
      "gim",
    ),
  },
  {
    name: /(?:^|\/)\.git\/config$|(?:^|\/)\.gitconfig$/,
    kind: "credentials",
    secret: new RegExp(
      `^[ \\t]*(?:(?:push)?url[ \\t]*=[ \\t]*${IN_URL}|extraheader[ \\t]*=[ \\t]*["']?authorization:[ \\t]*\\w+[ \\t]+(?<header>\\S{8,}))`,
      "gim",
    ),
  },
  {
    name: /(?:^|\/)\.git-credentials$/,
    kind: "credentials",
    secret: new RegExp(IN_URL, "gi"),
  },
  {
    name: /(?:^|\/)\.?npmrc$|(?:^|\/)\.yarnrc(?:\.ya?ml)?$/,
    kind: "credentials",
    secret:
      /^(?![\s;#])[^\n=]{0,300}?(?:authToken|auth|password)[ \t]*[=:][ \t]*["']?(?<secret>[^\s"'$<{]{4,})/gim,
  },
  {
    name: /(?:^|\/)[._]netrc$/,
    kind: "password",
    secret: /\bpassword\s+(?<secret>\S{2,})/gi,
  },
  {
    name: /(?:^|\/)\.pypirc$|(?:^|\/)\.my\.cnf$/,
    kind: "password",
    secret: /^[ \t]*password[ \t]*[:=][ \t]*(?<secret>\S{4,})/gim,
  },
  {
    name: /(?:^|\/)\.pgpass$/,
    kind: "password",
    secret:
      /^[^#\n](?:[^:\\\n]|\\.)*:(?:[^:\\\n]|\\.)*:(?:[^:\\\n]|\\.)*:(?:[^:\\\n]|\\.)*:(?<secret>[^*\n].+)$/gm,
  },
  {
    name: /(?:^|\/)\.htpasswd$/,
    kind: "password",
    secret: /^[^#:\s][^:\n]*:(?<secret>\S{8,})/gm,
  },
  {
    name:
      /(?:^|\/)(?:\.docker\/config|containers\/auth|auth)\.json$|(?:^|\/)\.docker(?:cfg|configjson)$/,
    kind: "credentials",
    secret: /"(?:auth|identitytoken|registrytoken|password)"\s*:\s*"(?<secret>[^"\s]{8,})"/gi,
  },
  {
    name: /(?:^|\/)\.aws\/(?:credentials|config)$|(?:^|\/)\.s3cfg$/,
    kind: "AWS key",
    secret: /^[ \t]*(?:aws_)?secret(?:_access)?_key[ \t]*=[ \t]*(?<secret>\S{20,})/gim,
  },
  {
    name: /(?:^|\/)\.kube\/config$|(?:^|\/)kubeconfig(?:\.ya?ml)?$/,
    kind: "credentials",
    secret: /^[ \t-]*(?:client-key-data|token|password)[ \t]*:[ \t]*["']?(?<secret>[^\s"']{8,})/gm,
  },
];

/** Their names that begin with neither a dot nor an underscore: so few names are held against each kind. */
const PLAIN_NAMES = new Set([
  ...["npmrc", "auth.json", "config", "config.json", "credentials"],
  ...["kubeconfig", "kubeconfig.yml", "kubeconfig.yaml"],
]);

/**
 * What kind of credentials a file with this name would hold, and how they are found in it.
 *
 * @param path with slashes between its names
 */
export function credentialsIn(path: string): ((content: string) => string | undefined) | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (name[0] !== "." && name[0] !== "_" && !PLAIN_NAMES.has(name)) return undefined;
  const found = KINDS.find(({ name }) => name.test(path));
  if (found === undefined) return undefined;
  return (content) => holdsSecret(content, found.secret) ? found.kind : undefined;
}

function holdsSecret(content: string, secret: RegExp): boolean {
  for (const { groups = {} } of content.matchAll(secret)) {
    const value = Object.values(groups).find((one) => one !== undefined);
    if (value !== undefined && !isPlaceholder(value)) return true;
  }
  return false;
}

/** Whether a value only says that a secret goes there, or is none. */
function isPlaceholder(value: string): boolean {
  return isExample(value) ||
    // Addresses, and files that the secret is in, are named like it.
    /^(?:\w+:\/\/|[~.]{0,2}\/)/.test(value) ||
    /^(?:true|false|null|none|nil|undefined|todo|tbd|test|secret|password|passwd|token|\d{1,9}|[.*x_-]+)$/i
      .test(value);
}
