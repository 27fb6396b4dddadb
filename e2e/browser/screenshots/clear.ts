import { mkdirSync, rmSync } from "node:fs";
import { FOLDER } from "./shoot.ts";

/** Pictures of states that there are no more do not stay behind. */
export default function clear(): void {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
}
