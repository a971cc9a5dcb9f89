/**
 * A repair that is killed at a point: run as a program by `tests/repair_crash_test.ts`.
 *
 * @module
 */

import process from "node:process";
import { checkTree } from "../../../lib/verbs/check/check.ts";
import { AFTER, updatedImage } from "./updated_image.ts";

const [dir, point, count] = process.argv.slice(2);
const { source, manifest } = updatedImage(AFTER);
let left = Number(count);
const reached = () => {
  if (left-- === 0) process.kill(process.pid, "SIGKILL");
};
if (point === "piece") source.onPiece = reached;
const onStep = point === "step" ? reached : undefined;
await checkTree(dir!, source, manifest, { onStep, repair: true });
