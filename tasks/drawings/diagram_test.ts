/** The pictures of the architecture are what the sources import. */

import assert from "node:assert/strict";
import { type SourceFile, sourceFiles } from "../../tests/source_files.ts";
import { inRoot } from "../run.ts";
import { partArrows } from "./arrows.ts";
import { drawInto, PAGE } from "./diagram.ts";
import { type Arrow, reduceArrows } from "./reduce.ts";

const page = Deno.readTextFileSync(inRoot(PAGE));

const drawn = (files: SourceFile[]) => drawInto(page, files);

Deno.test("the order of files changes nothing, and one import more changes the picture", () => {
  const files = sourceFiles();
  assert.equal(drawn(files.toReversed()), page);
  const more = { path: "lib/testing/more.ts", text: 'import "../registry/http/retry.ts";' };
  assert.match(drawn([...files, more]), /testing\["testing\/"\] --> registry\n/);
});

Deno.test("a file and a folder of one name are two boxes", () => {
  const [, picture] = /diagram: sigstore -->([^]*?)<!-- end/.exec(page)!;
  assert.match(picture!, /verify_ts\["verify\.ts"\]/);
  assert.match(picture!, /verify\["verify\/"\]/);
});

Deno.test("a page without a place for a picture is refused", () => {
  assert.throws(() => drawInto("# Architecture\n", []), /no place for the picture "packages"/);
});

Deno.test("every import of the sources follows from the arrows that are left", () => {
  for (const folder of ["lib", "sigstore", "cli"] as const) {
    const all = partArrows(sourceFiles(), folder);
    const left = reduceArrows(all);
    assert.ok(left.length > 8 && left.length < all.length, folder);
    const reaches = (from: string, to: string): boolean =>
      left.some(([a, b]) => a === from && (b === to || reaches(b, to)));
    assert.deepEqual(all.filter(([from, to]) => !reaches(from, to)), []);
    for (const arrow of left) {
      const others = left.filter((it) => it !== arrow);
      const round = (from: string): boolean =>
        others.some(([a, b]) => a === from && (b === arrow[1] || round(b)));
      assert.ok(!round(arrow[0]), `${arrow.join(" -> ")} follows from others`);
    }
  }
});

Deno.test("arrows that run in a circle are refused", () => {
  const circle: Arrow[] = [["a", "b"], ["b", "c"], ["c", "a"]];
  assert.throws(() => reduceArrows(circle), /a -> b -> c -> a is a circle/);
});
