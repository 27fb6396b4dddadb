import { defineConfig } from "@playwright/test";
import { browser } from "./browser.ts";

const WAITS = "time-is-up.spec.ts";

export default defineConfig({
  testDir: "tests",
  globalSetup: "./global-setup.ts",
  fullyParallel: true,
  workers: 2,
  forbidOnly: Boolean(process.env.CI),
  // Without THOROUGH, one variation of each rule is enough.
  grepInvert: process.env.THOROUGH ? [] : /@thorough/,
  // A busy moment doesn't fail a run: the list names the test as flaky. A thorough run, which no one waits for,
  // fails on it.
  retries: 1,
  failOnFlakyTests: Boolean(process.env.THOROUGH),
  reporter: "list",
  // Generous, for a machine that is busy: what is waited for is there in a moment otherwise.
  timeout: 90_000,
  expect: { timeout: 20_000 },
  projects: [
    // First, because it mostly waits for time to pass, which leaves the processor to the others.
    { name: "time", testMatch: WAITS },
    { name: "pages", testIgnore: WAITS },
  ],
  // Traces of failures cost a third more time: TRACE=1 npm test.
  use: {
    ...browser,
    trace: process.env.TRACE ? "retain-on-failure" : "off",
    actionTimeout: 20_000,
    navigationTimeout: 30_000,
  },
});
