import type { PlaywrightTestConfig } from "@playwright/test";

/** The browser that is installed: none is ever downloaded. */
export const browser: NonNullable<PlaywrightTestConfig["use"]> = {
  browserName: "chromium",
  headless: true,
  launchOptions: {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  },
  locale: "en-US",
  timezoneId: "UTC",
  video: "off",
};
