/**
 * A pull that is killed at a point: run as a program by `tests/pull_crash_test.ts`.
 *
 * @module
 */

import process from "node:process";
import { pull } from "../../../lib/verbs/pull.ts";
import { crashImage } from "./crash_image.ts";

const [kind, dir, point, count, overwrite] = process.argv.slice(2);
const { source, manifest } = crashImage(kind as "eStargz" | "gzip");
let left = Number(count);
const reached = () => {
  if (left-- === 0) process.kill(process.pid, "SIGKILL");
};
if (point === "piece") source.onPiece = reached;
const onStep = point === "step" ? reached : undefined;
await pull(source, manifest, dir!, { onStep, overwrite: overwrite === "overwrite" });
