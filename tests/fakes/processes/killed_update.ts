/**
 * An update that is killed at a point: run as a program by `tests/update_crash_test.ts`.
 *
 * @module
 */

import process from "node:process";
import { pull } from "../../../lib/verbs/pull.ts";
import { AFTER, updatedImage } from "./updated_image.ts";

const [dir, point, count] = process.argv.slice(2);
const { source, manifest } = updatedImage(AFTER);
let left = Number(count);
const reached = () => {
  if (left-- === 0) process.kill(process.pid, "SIGKILL");
};
if (point === "piece") source.onPiece = reached;
const onStep = point === "step" ? reached : undefined;
await pull(source, manifest, dir!, { onStep, overwrite: true, delete: true });
