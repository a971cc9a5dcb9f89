/**
 * Trust rules as they stand in a configuration file: `verify.unmatched` and `verify.rules`.
 *
 * Reading is strict. A misspelled rule protects nothing, so anything unknown, empty or unreadable is an error, and
 * every command that reads artifacts stops at it.
 *
 * @module
 */

import { isObject } from "@blobber/core/internal/json";
import { type RepositoryName, repositoryNamed } from "@blobber/core/internal/reference";
import { parsePattern, type Pattern } from "./pattern.ts";

/** What happens to a repository that no rule matches, from lax to strict. */
export const UNMATCHED = ["allow", "warn", "deny"] as const;
/** One of {@linkcode UNMATCHED}. */
export type Unmatched = typeof UNMATCHED[number];

/** How far a signature must name what it signs. */
const NAME_BINDINGS = ["off", "repository", "reference"] as const;
/** One of {@linkcode NAME_BINDINGS}. */
export type NameBinding = typeof NAME_BINDINGS[number];

/** A signer that satisfies a rule: an identity in a certificate. */
export interface IdentityEntry {
  kind: "identity";
  issuer: string;
  /** Exactly one of `subject` and `subjectPattern`. */
  subject?: string;
  subjectPattern?: string;
  claims: Record<string, string>;
  /** `public`, or the path of a root file. */
  trustedRoot: string;
}

/** A signer that satisfies a rule: the holder of a key. */
export interface KeyEntry {
  kind: "key";
  /** Path of the public key. */
  key: string;
  /** Whether a proven log entry is demanded. */
  log: "required" | "optional";
  /** `public`, or the path of a root file; none for a key that needs no log. */
  trustedRoot?: string;
}

/** One way to satisfy a rule. */
export type TrustEntry = IdentityEntry | KeyEntry;

/** One rule. */
export interface Rule {
  name: string;
  match: Pattern[];
  except: Pattern[];
  nameBinding: NameBinding;
  /** The repository that a signature must name instead of the one that is asked for. */
  signedAs?: RepositoryName;
  /** Accept bare signatures over the manifest, which hold no statement. */
  legacy: boolean;
  /** One of these is enough; empty for a rule that says `unsigned`. */
  any: TrustEntry[];
  /** Artifacts under this rule need no signature. */
  unsigned: boolean;
}

/** The rules of one file. */
export interface RuleFile {
  /** Path, for messages. */
  file: string;
  /** A system rule cannot be switched off by a user. */
  scope: "system" | "user";
  unmatched: Unmatched;
  rules: Rule[];
  /** Bytes of the keys and trust roots that the rules name, by path, as they were when they were checked. */
  sources: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** Reports what is wrong at a place in the document; the reader of the file knows the line. */
export type Fail = (path: (string | number)[], problem: string) => never;

/** Checks of what a rule names outside its file. Each gives what is wrong, or nothing. */
export interface RuleChecks {
  /** The path of a public key. */
  key(path: string): string | undefined;
  /** The path of a trusted root. */
  root(path: string): string | undefined;
  /** A pattern for the subject of a certificate. */
  subjectPattern(text: string): string | undefined;
  /** The name of a claim. */
  claim(name: string): string | undefined;
  /** Not a check: what a path is behind links. */
  realPath(path: string): string;
}

/**
 * Reads `verify.unmatched` and `verify.rules`.
 *
 * @param verify the value of `verify` in the document, with the other keys already taken out or not
 * @param origin file and scope, and what the checks read
 * @param how `fail` reports a fault with file and line; `checks` tell whether keys, roots, patterns and claims
 * are sound
 */
export function readRules(
  verify: { unmatched?: unknown; rules?: unknown },
  origin: Pick<RuleFile, "file" | "scope" | "sources">,
  how: { fail: Fail; checks: RuleChecks },
): RuleFile {
  const at = new Place(["verify"], how.fail, how.checks);
  const unmatched = at.child("unmatched").oneOf(verify.unmatched ?? "allow", UNMATCHED);
  const rules: Rule[] = [];
  if (verify.rules !== undefined) {
    const list = at.child("rules");
    const names = new Set<string>();
    for (const [i, value] of list.array(verify.rules).entries()) {
      const rule = readRule(value, list.child(i));
      if (names.has(rule.name)) {
        list.child(i).child("name").fail(`another rule is already named "${rule.name}"`);
      }
      names.add(rule.name);
      rules.push(rule);
    }
  }
  return { ...origin, unmatched, rules };
}

const RULE_KEYS = [
  "name",
  "match",
  "except",
  "name-binding",
  "signed-as",
  "any",
  "unsigned",
  "legacy",
];
const IDENTITY_KEYS = ["issuer", "subject", "subject-pattern", "claims", "trusted-root"];
const KEY_KEYS = ["key", "log", "trusted-root"];

function readRule(value: unknown, at: Place): Rule {
  const rule = at.object(value, RULE_KEYS);
  const unsigned = at.child("unsigned").boolean(rule.unsigned ?? false);
  if (unsigned && rule.any !== undefined) {
    at.child("any").fail('a rule says either "unsigned: true" or "any", not both');
  }
  if (!unsigned && rule.any === undefined) {
    at.fail('a rule needs "any" with at least one entry, or "unsigned: true"');
  }
  for (const key of ["name-binding", "signed-as", "legacy"]) {
    if (unsigned && rule[key] !== undefined) {
      at.child(key).fail(`"${key}" has no meaning beside "unsigned: true"`);
    }
  }
  const patterns = (key: string, list: unknown, tightens: boolean) =>
    at.child(key).array(list).map((text, i) => at.child(key).child(i).pattern(text, tightens));
  const match = patterns("match", rule.match, !unsigned);
  const signedAs = rule["signed-as"] === undefined
    ? undefined
    : at.child("signed-as").repository(rule["signed-as"]);
  const nameBinding = at.child("name-binding").oneOf(
    rule["name-binding"] ?? (signedAs === undefined ? "off" : "repository"),
    NAME_BINDINGS,
  );
  if (signedAs !== undefined && nameBinding === "off") {
    at.child("name-binding").fail('"signed-as" demands a name, so "name-binding" cannot be "off"');
  }
  // One name for several repositories would let each of them stand for the others.
  const open = match.findIndex(({ text }) => text.includes("*"));
  if (signedAs !== undefined && open >= 0) {
    at.child("match").child(open).fail('a rule with "signed-as" matches single repositories only');
  }
  return {
    name: at.child("name").string(rule.name),
    match,
    except: rule.except === undefined ? [] : patterns("except", rule.except, false),
    nameBinding,
    ...signedAs !== undefined && { signedAs },
    legacy: at.child("legacy").boolean(rule.legacy ?? false),
    any: unsigned
      ? []
      : at.child("any").array(rule.any).map((e, i) => readTrustEntry(e, at.child("any").child(i))),
    unsigned,
  };
}

function readTrustEntry(value: unknown, at: Place): TrustEntry {
  if (typeof value === "object" && value !== null && "key" in value) {
    const entry = at.object(value, KEY_KEYS);
    const log = at.child("log").oneOf(entry.log ?? "optional", ["required", "optional"] as const);
    const trustedRoot = entry["trusted-root"] === undefined
      ? log === "required" ? "public" : undefined
      : at.child("trusted-root").root(entry["trusted-root"]);
    return {
      kind: "key",
      key: at.child("key").key(entry.key),
      log,
      ...(trustedRoot !== undefined && { trustedRoot }),
    };
  }
  const entry = at.object(value, IDENTITY_KEYS);
  const { subject, "subject-pattern": pattern } = entry;
  if ((subject === undefined) === (pattern === undefined)) {
    at.fail(
      'an entry needs "key", or "issuer" with exactly one of "subject" and "subject-pattern"',
    );
  }
  const claims: Record<string, string> = {};
  if (entry.claims !== undefined) {
    const place = at.child("claims");
    const map = place.object(entry.claims);
    if (Object.keys(map).length === 0) place.fail("it is empty");
    for (const [name, claim] of Object.entries(map)) {
      place.child(name).passes(at.checks.claim(name));
      claims[name] = place.child(name).string(claim);
    }
  }
  return {
    kind: "identity",
    issuer: at.child("issuer").string(entry.issuer),
    ...(subject !== undefined && { subject: at.child("subject").string(subject) }),
    ...(pattern !== undefined &&
      { subjectPattern: at.child("subject-pattern").subjectPattern(pattern) }),
    claims,
    trustedRoot: at.child("trusted-root").root(entry["trusted-root"] ?? "public"),
  };
}

/** A place in the document, and what may stand there. */
class Place {
  readonly #path: (string | number)[];
  readonly #fail: Fail;
  readonly checks: RuleChecks;

  constructor(path: (string | number)[], fail: Fail, checks: RuleChecks) {
    this.#path = path;
    this.#fail = fail;
    this.checks = checks;
  }

  child(key: string | number): Place {
    return new Place([...this.#path, key], this.#fail, this.checks);
  }

  fail(problem: string): never {
    return this.#fail(this.#path, problem);
  }

  /** Fails when a check found something. */
  passes(problem: string | undefined): void {
    if (problem !== undefined) this.fail(problem);
  }

  object(value: unknown, keys?: readonly string[]): Record<string, unknown> {
    if (!isObject(value)) return this.fail("expected a mapping");
    for (const key of Object.keys(value)) {
      if (keys !== undefined && !keys.includes(key)) {
        this.child(key).fail(`unknown key "${key}", expected one of ${keys.join(", ")}`);
      }
    }
    return value as Record<string, unknown>;
  }

  array(value: unknown): unknown[] {
    if (!Array.isArray(value)) return this.fail("expected a list");
    if (value.length === 0) return this.fail("expected at least one element");
    return value;
  }

  string(value: unknown): string {
    if (typeof value !== "string" || value === "") {
      return this.fail("expected text that is not empty");
    }
    return value;
  }

  boolean(value: unknown): boolean {
    if (typeof value !== "boolean") return this.fail("expected true or false");
    return value;
  }

  oneOf<T extends string>(value: unknown, choices: readonly T[]): T {
    if (!choices.includes(value as T)) {
      return this.fail(`expected one of ${choices.join(", ")}`);
    }
    return value as T;
  }

  /** A pattern that demands something holds behind links too; one that excuses from it does not. */
  pattern(value: unknown, tightens: boolean): Pattern {
    const text = this.string(value);
    const pattern = tightens ? parsePattern(text, this.checks.realPath) : parsePattern(text);
    if ("problem" in pattern) return this.fail(`invalid pattern: ${pattern.problem}`);
    return pattern;
  }

  repository(value: unknown): RepositoryName {
    return repositoryNamed(this.string(value)) ??
      this.fail('expected "host[:port]/repository" without tag and digest');
  }

  /** Nothing comes from the working directory, so a path in a rule is absolute. */
  absolute(value: unknown): string {
    const path = this.string(value);
    if (!/^(?:\/|[A-Za-z]:[\\/])/.test(path)) return this.fail("expected an absolute path");
    return path;
  }

  key(value: unknown): string {
    const path = this.absolute(value);
    this.passes(this.checks.key(path));
    return path;
  }

  root(value: unknown): string {
    if (value === "public") return value;
    const path = this.absolute(value);
    this.passes(this.checks.root(path));
    return path;
  }

  subjectPattern(value: unknown): string {
    const text = this.string(value);
    this.passes(this.checks.subjectPattern(text));
    return text;
  }
}
