/**
 * Reads `CHANGELOG.md`: a section for what is not released yet, then one for each version, the newest first.
 *
 * @module
 */

import { compareVersions, isVersion } from "./versions.ts";

/** The section of a version. */
export interface Section {
  version: string;
  /** `YYYY-MM-DD`. */
  date: string;
  /** What stands below its heading, without blank lines around it. */
  text: string;
}

/** What the file says. */
export interface Changelog {
  /** What stands below the heading of what is not released yet. */
  unreleased: string;
  /** The newest first. */
  sections: Section[];
}

/** The heading of what is not released yet. */
const UNRELEASED = "## Unreleased";

/**
 * Reads the text of the file.
 *
 * @throws {Error} for a heading of another form, an order that is not that of versions, an empty section
 */
export function parseChangelog(text: string): Changelog {
  const [first = "", ...parts] = text.split(/^(?=## )/m);
  if (!/^# \S/.test(first)) throw wrong("it does not begin with a title");
  const [unreleased, ...released] = parts;
  if (unreleased === undefined || headingOf(unreleased) !== UNRELEASED) {
    throw wrong(`its first section is not "${UNRELEASED}"`);
  }
  const sections = released.map(sectionOf);
  for (const [index, { version, date }] of sections.entries()) {
    const older = sections[index + 1];
    if (older === undefined) continue;
    if (compareVersions(version, older.version) <= 0 || date < older.date) {
      throw wrong(`${version} (${date}) stands above ${older.version} (${older.date})`);
    }
  }
  return { unreleased: bodyOf(unreleased), sections };
}

/**
 * The section of one version.
 *
 * @throws {Error} where there is none
 */
export function sectionFor(text: string, version: string): Section {
  const found = parseChangelog(text).sections.find((section) => section.version === version);
  if (found === undefined) {
    throw wrong(`it has no section for ${version}, expected "## [${version}] - YYYY-MM-DD"`);
  }
  return found;
}

function sectionOf(part: string): Section {
  const heading = headingOf(part);
  const [, version = "", date = ""] = /^## \[([^\]]+)\] - (\d{4}-\d\d-\d\d)$/.exec(heading) ?? [];
  if (!isVersion(version) || !isDate(date)) {
    throw wrong(
      `it has the heading ${JSON.stringify(heading)}, expected "## [X.Y.Z] - YYYY-MM-DD"`,
    );
  }
  const text = bodyOf(part);
  if (text === "") throw wrong(`the section of ${version} is empty`);
  return { version, date, text };
}

function isDate(text: string): boolean {
  const time = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text);
}

const headingOf = (part: string): string => part.split("\n", 1)[0]!;

const bodyOf = (part: string): string => part.slice(headingOf(part).length).trim();

function wrong(why: string): Error {
  return new Error(`CHANGELOG.md cannot be used: ${why}`);
}
