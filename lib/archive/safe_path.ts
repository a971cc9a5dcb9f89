/**
 * Which names and link targets are accepted, at push and at pull: the one place that decides.
 *
 * A name that passes is relative, stays below the directory it is joined to under every separator rule
 * in use, and can be shown and written on the file systems that people have. A link target that passes
 * stays in the tree by its text; whether a chain of links leaves it, `links.ts` tells.
 *
 * @module
 */

import { BlobberError } from "../errors.ts";
import { MAX_NAME_BYTES, MAX_PATH_BYTES, MAX_PATH_DEPTH } from "../limits.ts";
import { platform } from "../system/platform.ts";
import { quote } from "../text/printable.ts";

/** What happens to link targets that are absolute: refused, or accepted as they are and never followed. */
export type LinkPolicy = "refuse" | "keep";

// deno-lint-ignore no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
const DRIVE = /^[A-Za-z]:/;

/** A name or a target that leads out of the tree, as an error. */
export function traversal(what: string, value: string, why: string): BlobberError {
  return new BlobberError(
    "path-traversal",
    `path traversal detected: ${what} ${quote(value)} ${why}, expected one that stays in the tree`,
  );
}

function unsafeName(what: string, value: string, why: string): BlobberError {
  return new BlobberError("invalid-archive", `unsafe ${what}: ${quote(value)} ${why}`);
}

function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // A surrogate pair is two units and four bytes: one byte more for each of its units.
    if (code >= 0x80) length += code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? 1 : 2;
  }
  return length;
}

/** What is wrong with text in a name or a target whatever it means, or `undefined`. */
function checkText(what: string, text: string): void {
  if (text === "") throw unsafeName(what, text, "is empty");
  if (CONTROL.test(text)) throw unsafeName(what, text, "contains control characters");
  if (!text.isWellFormed()) throw unsafeName(what, text, "is not valid Unicode");
  if (text.length * 3 > MAX_PATH_BYTES && utf8Length(text) > MAX_PATH_BYTES) {
    throw unsafeName(what, text, `is longer than ${MAX_PATH_BYTES} bytes`);
  }
}

/** Refuses what a system that takes `\` for a separator would read as leaving the tree. */
function checkBackslash(what: string, text: string): void {
  if (!text.includes("\\")) return;
  if (text.startsWith("\\")) throw traversal(what, text, "is absolute where \\ separates");
  if (text.split(/[\\/]/).includes("..")) {
    throw traversal(what, text, 'contains ".." where \\ separates');
  }
}

/**
 * Names of ordinary characters in their normal form, as nearly all are: no drive before them, and no
 * component that is empty, `.` or `..`. An expression is compiled at once; this is asked of every name.
 */
const PLAIN = /^(?!.:)(?:(?!\.\.?\/)[ -.0-[\]-~]+\/)*(?!\.\.?$)[ -.0-[\]-~]+$/;

/**
 * Checks the name of an entry and gives it in its one normal form: no `.` and no empty components, no
 * slash at either end. An absolute name is relative to the tree's root, as GNU tar and container runtimes
 * take it.
 *
 * @param name as it stands in an archive, or as a walk gives it
 * @param directory whether it names a directory, whose name may end in `/` or `.`
 * @returns the normal form; empty for the root itself, which only a directory can be
 * @throws {BlobberError} `path-traversal` for a name that leads out, `invalid-archive` for one that cannot
 * be written safely
 */
export function checkPath(name: string, directory = false): string {
  if (name.length <= MAX_NAME_BYTES && PLAIN.test(name)) return name;
  checkText("name", name);
  if (DRIVE.test(name)) throw traversal("name", name, "begins with a drive");
  checkBackslash("name", name);
  const components = name.split("/");
  const last = components.at(-1)!;
  if (!directory && (last === "" || last === ".")) {
    throw unsafeName("name", name, "ends like a directory's, expected a file's");
  }
  const kept: string[] = [];
  for (const component of components) {
    if (component === "" || component === ".") continue;
    if (component === "..") throw traversal("name", name, 'contains ".."');
    if (component.length * 3 > MAX_NAME_BYTES && utf8Length(component) > MAX_NAME_BYTES) {
      throw unsafeName("name", name, `has a component longer than ${MAX_NAME_BYTES} bytes`);
    }
    kept.push(component);
  }
  if (kept.length > MAX_PATH_DEPTH) {
    throw unsafeName("name", name, `has more than ${MAX_PATH_DEPTH} components`);
  }
  // "C:x" and "\\x" behind "./" or "/" are a drive and absolute again once the prefix has gone.
  if (kept.length > 0 && DRIVE.test(kept[0]!)) throw traversal("name", name, "begins with a drive");
  if (kept[0]?.startsWith("\\")) throw traversal("name", name, "is absolute where \\ separates");
  return kept.join("/");
}

/**
 * What begins with two separators, of either kind, is on a server or a device; so is what begins with `\??\`, the
 * system's own spelling of both (Win32 "File path formats on Windows systems"). A runtime turns each `/` of a target
 * into `\`.
 */
const SERVER = /^\/(?:[\\/]|\?\?(?:[\\/]|$))/;

/**
 * Checks the target of a symbolic link by its text.
 *
 * @param path where the link is, in normal form
 * @param target as it stands in the link
 * @param policy what happens to absolute targets
 * @throws {BlobberError} `path-traversal`, `invalid-archive`
 */
export function checkLink(path: string, target: string, policy: LinkPolicy = "refuse"): void {
  const what = `target of the link ${quote(path)}`;
  checkText(what, target);
  if (target.startsWith("/")) {
    // To open such a link is to log in to that server.
    if (platform().hasDrives && SERVER.test(target)) {
      throw traversal(what, target, `names a server on ${platform().label}`);
    }
    if (policy === "keep") return;
    throw new BlobberError(
      "path-traversal",
      `path traversal detected: ${what} is ${
        quote(target)
      }, which is absolute, expected a relative one`,
      {
        hint: [
          "links with absolute targets are written, and not followed, with ",
          { option: "links", value: "keep" },
        ],
      },
    );
  }
  if (DRIVE.test(target)) throw traversal(what, target, "begins with a drive");
  if (target.includes("\\")) {
    if (target.startsWith("\\")) throw traversal(what, target, "is absolute where \\ separates");
    if (depthAfter(path, target.split(/[\\/]/)) < 0) {
      throw traversal(what, target, "leads out of it where \\ separates");
    }
  }
  if (depthAfter(path, target.split("/")) < 0) throw traversal(what, target, "leads out of it");
}

/** How deep the walk along a target gets at its highest point; negative is outside. */
function depthAfter(path: string, components: string[]): number {
  let depth = path.split("/").length - 1;
  for (const component of components) {
    if (component === "" || component === ".") continue;
    depth += component === ".." ? -1 : 1;
    if (depth < 0) return depth;
  }
  return depth;
}

// What Windows does not take, or takes for something else (Win32 "Naming Files, Paths, and Namespaces").
const RESERVED = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(?:\.|$)/i;

/**
 * Says why a name cannot be written as it is on Windows.
 *
 * @param path in normal form
 * @returns the reason, or `undefined`
 */
export function windowsHazard(path: string): string | undefined {
  for (const component of path.split("/")) {
    if (/[<>:"|?*\\]/.test(component)) return `${quote(component)} contains a reserved character`;
    if (/[. ]$/.test(component)) return `${quote(component)} ends in a dot or a space`;
    if (RESERVED.test(component)) return `${quote(component)} is the name of a device`;
  }
  return undefined;
}
