import { shareSystem } from "./fixtures.ts";
import { startSystem } from "./system.ts";

/** One system for all tests. Its orders outlive them. */
export default async function setUp(): Promise<() => Promise<void>> {
  const system = await startSystem("15m");
  shareSystem(system);
  return system.stop;
}
