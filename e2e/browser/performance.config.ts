import { defineConfig } from "@playwright/test";
import { browser } from "./browser.ts";

// What docs/performance.md tells. Nothing here fails for being slow: a busy machine would.
export default defineConfig({
  testDir: "performance",
  workers: 1,
  reporter: "line",
  timeout: 600_000,
  use: browser,
});
