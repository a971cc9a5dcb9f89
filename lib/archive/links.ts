/**
 * Where the links of a tree lead.
 *
 * @module
 */

import { MAX_LINK_HOPS, MAX_PATH_BYTES } from "../limits.ts";
import { Pace } from "../system/pace.ts";
import { quote } from "../text/printable.ts";
import { traversal } from "./safe_path.ts";

/**
 * Follows a path through the links of a tree, the way the kernel would if the tree were all there is.
 *
 * Work is bounded by the limits of one path: at most {@linkcode MAX_LINK_HOPS} targets of
 * {@linkcode MAX_PATH_BYTES} are walked, and no longer path is looked up.
 *
 * @param links target of each symbolic link by its path
 * @param path where to begin, from the root of the tree
 * @param absolute what a link with an absolute target means: the tree's root, or the end of the walk
 * @returns the path without links; `"outside"` when it leaves the tree, `"loop"`, or `"absolute"`
 */
export function followLinks(
  links: { get(path: string): string | undefined },
  path: string,
  absolute: "root" | "stop",
): { path: string } | "outside" | "loop" | "absolute" {
  const pending = path.split("/").reverse();
  /** Where the walk is, and above it each directory up to the root. */
  const at = [""];
  let hops = 0;
  while (pending.length > 0) {
    const component = pending.pop()!;
    if (component === "" || component === ".") continue;
    if (component === "..") {
      if (at.length === 1) return "outside";
      at.pop();
      continue;
    }
    const above = at.at(-1)!;
    const next = above === "" ? component : `${above}/${component}`;
    at.push(next);
    const target = next.length > MAX_PATH_BYTES ? undefined : links.get(next);
    if (target === undefined) continue;
    if (++hops > MAX_LINK_HOPS) return "loop";
    if (target.startsWith("/")) {
      if (absolute === "stop") return "absolute";
      at.length = 1;
    } else {
      at.pop();
    }
    for (const next of target.split("/").reverse()) pending.push(next);
  }
  return { path: at.at(-1)! };
}

/** A place in the tree that links make together with the directories above them. */
class Place {
  readonly above: Place | undefined;
  /** Places below, by name. */
  readonly below = new Map<string, Place>();
  /** Where the link leads that stands here. */
  target: string | undefined;
  /** Where it leads when all links on the way are followed; not known before that was done. */
  end: End | undefined;
  /** Whether it is being followed. */
  open = false;

  constructor(above?: Place) {
    this.above = above;
  }
}

/** Where a link leads in the end: a place, and how many components below it, where no link is. */
type End = { place: Place; beyond: number } | "outside" | "loop" | "absolute";

/** A link that is being followed. */
interface Walk {
  link: Place;
  target: string;
  /** Where in the target the next component begins. */
  from: number;
  place: Place;
  beyond: number;
}

/**
 * Checks that no link of a tree leads out of it by way of other links: `a/up -> ..` and
 * `b -> a/up/..` stay inside by their texts and leave it together.
 *
 * Each link is followed once, however many others lead through it, so the steps are at most the components
 * of all targets. No chain is too long: what a kernel calls a loop after 32, 40 or 63 links, by its
 * system, leads somewhere all the same.
 *
 * @param links target of each symbolic link by its path; each has passed `checkLink`
 * @param pace of the caller
 * @throws {BlobberError} `path-traversal`
 */
export async function checkLinkChains(
  links: ReadonlyMap<string, string>,
  pace: Pace,
): Promise<void> {
  for (const _ of check(links, pace)) await pace.breathe();
}

/** As {@linkcode checkLinkChains}, in one go: of a tree that is this user's own. */
export function checkOwnLinkChains(links: ReadonlyMap<string, string>): void {
  for (const _ of check(links, new Pace()));
}

/** Yields when it is time to breathe. */
function* check(links: ReadonlyMap<string, string>, pace: Pace): Generator<void> {
  let root: Place | undefined;
  for (const [path, target] of links) {
    // Without ".." a chain cannot climb further than its links do, and each of those is checked itself.
    if (!target.includes("..") || target.startsWith("/")) continue;
    root ??= yield* placesOf(links, pace);
    const link = placeAt(root, path);
    yield* follow(link, pace);
    if (link.end === "outside") {
      const what = `target of the link ${quote(path)}`;
      throw traversal(what, target, "leads out by way of other links");
    }
  }
}

function* placesOf(links: ReadonlyMap<string, string>, pace: Pace): Generator<void, Place> {
  const root = new Place();
  for (const [path, target] of links) {
    if (pace.due()) yield;
    placeAt(root, path).target = target;
  }
  return root;
}

/** The place of a path, which is made when it is not there. */
function placeAt(root: Place, path: string): Place {
  let at = root;
  for (const name of path.split("/")) {
    let next = at.below.get(name);
    if (next === undefined) at.below.set(name, next = new Place(at));
    at = next;
  }
  return at;
}

/** Follows a link to its end, and before it the links on its way: no recursion, a chain may be any length. */
function* follow(link: Place, pace: Pace): Generator<void> {
  const walks: Walk[] = [];
  const begin = (link: Place) => {
    link.open = true;
    walks.push({ link, target: link.target!, from: 0, place: link.above!, beyond: 0 });
  };
  if (link.end === undefined) begin(link);
  while (walks.length > 0) {
    if (pace.due()) yield;
    const walk = walks.at(-1)!;
    const next = step(walk);
    if (next === "on") continue;
    if (next instanceof Place) {
      begin(next);
      continue;
    }
    walk.link.end = next;
    walk.link.open = false;
    walks.pop();
  }
}

/**
 * Walks one component.
 *
 * @returns `"on"` to walk the next; a link that is to be followed first, after which this component is
 * walked again; or the end
 */
function step(walk: Walk): "on" | Place | End {
  const { target, from, place, beyond } = walk;
  if (from === 0 && target.startsWith("/")) return "absolute";
  if (from > target.length) return { place, beyond };
  const slash = target.indexOf("/", from);
  const to = slash < 0 ? target.length : slash;
  const name = target.slice(from, to);
  walk.from = to + 1;
  if (name === "" || name === ".") return "on";
  if (name === "..") {
    if (beyond > 0) walk.beyond--;
    else if (place.above === undefined) return "outside";
    else walk.place = place.above;
    return "on";
  }
  const next = beyond > 0 ? undefined : place.below.get(name);
  if (next === undefined) walk.beyond++;
  else if (next.target === undefined) walk.place = next;
  else if (next.open) return "loop";
  else if (next.end === undefined) {
    walk.from = from;
    return next;
  } else if (typeof next.end === "string") return next.end;
  else Object.assign(walk, next.end);
  return "on";
}
