import { defineConfig } from "@playwright/test";
import { browser } from "./browser.ts";

// Remakes docs/screenshots. Nothing is compared: people look at them.
export default defineConfig({
  testDir: "screenshots",
  globalSetup: "./screenshots/clear.ts",
  workers: 1,
  reporter: "list",
  timeout: 120_000,
  expect: { timeout: 30_000 },
  use: { ...browser, actionTimeout: 20_000, navigationTimeout: 30_000 },
});
