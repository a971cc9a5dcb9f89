/**
 * The program as most are: it does not know of threads.
 *
 * @module
 */

import { main } from "./program.ts";

void main();
