import { join, resolve } from "node:path";
import type { Page } from "@playwright/test";

export const FOLDER = resolve(import.meta.dirname, "../../../docs/screenshots");

const sizes = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };

// Longer pages are cut off: what follows looks like what is there.
const LONGEST = 1_700;

/** Takes pictures of a page as it stands, on a desktop and on a phone, and if wanted in the dark, too. */
export async function shoot(page: Page, name: string, options: { dark?: boolean } = {}): Promise<void> {
  for (const theme of options.dark ? (["light", "dark"] as const) : (["light"] as const)) {
    for (const [device, size] of Object.entries(sizes)) {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
      await page.setViewportSize(size);
      await page.evaluate(() => Promise.allSettled(document.getAnimations().map((a) => a.finished)));
      const height = Math.min(LONGEST, await page.evaluate(() => document.documentElement.scrollHeight));
      const path = join(FOLDER, `${name}-${device}${theme === "dark" ? "-dark" : ""}.png`);
      await page.screenshot({ path, fullPage: true, clip: { x: 0, y: 0, width: size.width, height } });
    }
  }
}
