/**
 * Tests of what one user of a machine can do to another: each is run with root as the victim, and with an
 * unprivileged user.
 *
 * @module
 */

import type { NeighbourLayout } from "./neighbour_layout.ts";
import type { NeighbourPull, NeighbourResult } from "./neighbour_pull.ts";
import { ALICE, noOtherUsers, SharedPlace } from "./users.ts";

const ROOT = 0;
/** Form of the layer that is pulled. */
export const KIND = "gzip";

/** What a test of neighbours has. */
export interface Scene {
  place: SharedPlace;
  /** Who pulls and pushes. */
  victim: number;
  /** Writes into a layout, or reads one, as the victim. */
  layout(path: string, options?: Partial<NeighbourLayout>): Promise<NeighbourResult>;
  /** Copies a file to a destination, as the victim. */
  copy(destination: string, onLine?: (line: string) => void): Promise<NeighbourResult>;
  /** Runs the pull. */
  pull(options: Partial<NeighbourPull>, onLine?: (line: string) => void): Promise<NeighbourResult>;
}

/** A test with root as the victim, and one with an unprivileged user; the neighbour is always BOB. */
export function both(name: string, body: (scene: Scene) => Promise<void>): void {
  for (const victim of [ROOT, ALICE]) {
    Deno.test({
      name: `${name} (${victim === ROOT ? "root" : "a user"} pulls)${
        noOtherUsers === undefined ? "" : `: skipped, ${noOtherUsers}`
      }`,
      ignore: noOtherUsers !== undefined,
      async fn() {
        using place = new SharedPlace();
        await body({
          place,
          victim,
          layout: (path, options) =>
            place.start(victim, "tests/fakes/processes/neighbour_layout.ts", {
              input: { path, content: "content", ...options },
            }).result(),
          copy: (destination, onLine = () => {}) =>
            place.start(victim, "tests/fakes/processes/neighbour_copy.ts", {
              input: { destination },
            })
              .result((line) => void (line === "writing" && onLine(line))),
          pull: (options, onLine) =>
            place.start(victim, "tests/fakes/processes/neighbour_pull.ts", {
              input: { kind: KIND, dir: place.at("out"), ...options },
            }).result(onLine),
        });
      },
    });
  }
}
