/**
 * The README of a package that is read elsewhere: npm's pages show it without the files beside it.
 *
 * @module
 */

/** Where the sources are, and which of them a package was made from. */
export interface Home {
  /** The repository, such as `https://github.com/OWNER/NAME`. */
  url: string;
  /** The tag of the release. */
  tag: string;
  /** The folder of the package in the repository, empty for its root. */
  folder: string;
}

/** Has links and pictures lead to the files of the release, at the project's home; code stays as it is. */
export function readmeElsewhere(text: string, { url, tag, folder }: Home): string {
  return text.split(/^(```[^]*?^```$)/m).map((part) => {
    if (part.startsWith("```")) return part;
    return part.replace(/(!?)(\[[^\]]*\])\(([^)\s]+)\)/g, (whole, picture, words, target) => {
      if (/^(?:[a-z]+:|#|\/)/.test(target)) return whole;
      const path = new URL(target, `https://home/${folder === "" ? "" : `${folder}/`}`);
      const kind = picture === "" ? "blob" : "raw";
      return `${picture}${words}(${url}/${kind}/${tag}${path.pathname}${path.hash})`;
    });
  }).join("");
}
