/**
 * Versions as releases have them: `X.Y.Z`, or `X.Y.Z-NAME` of one that is not stable yet. Nothing after a `+`, as
 * tags of registries cannot have it.
 *
 * @module
 */

const NUMBER = "(?:0|[1-9]\\d*)";
const NAME = `(?:${NUMBER}|\\d*[a-z-][\\da-z-]*)`;
const FORM = new RegExp(`^${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-${NAME}(?:\\.${NAME})*)?$`);

/** Whether a text is one. */
export function isVersion(text: string): boolean {
  return FORM.test(text);
}

/** Whether it is meant for all users: the tag `latest` is for these alone. */
export function isStable(version: string): boolean {
  return !version.includes("-");
}

/**
 * The version that a tag of git or a word on the command line names.
 *
 * @param text `X.Y.Z` or `vX.Y.Z`
 */
export function versionOf(text: string): string {
  const version = text.replace(/^v/, "");
  if (!isVersion(version)) throw new Error(`no version: "${text}", expected X.Y.Z or vX.Y.Z`);
  return version;
}

/** Less than 0 where `a` is the older one (Semantic Versioning 2.0.0, 11). */
export function compareVersions(a: string, b: string): number {
  const [coreA, nameA] = split(a), [coreB, nameB] = split(b);
  return compareLists(coreA, coreB) ||
    (nameA.length === 0 || nameB.length === 0
      ? nameB.length - nameA.length
      : compareLists(nameA, nameB));
}

function split(version: string): [string[], string[]] {
  const [core, ...name] = version.split("-");
  return [core!.split("."), name.length === 0 ? [] : name.join("-").split(".")];
}

function compareLists(a: string[], b: string[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const x = a[i], y = b[i];
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1;
    const numbers = /^\d+$/.test(x) && /^\d+$/.test(y);
    const order = numbers
      ? Number(x) - Number(y)
      : /^\d+$/.test(x)
      ? -1
      : /^\d+$/.test(y)
      ? 1
      : x < y
      ? -1
      : x > y
      ? 1
      : 0;
    if (order !== 0) return order;
  }
  return 0;
}
