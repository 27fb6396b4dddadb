import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Page } from "@playwright/test";
import UPNG from "upng-js";

export const FOLDER = resolve(import.meta.dirname, "../../../docs/screenshots");

const sizes = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };

// Longer pages are cut off: what follows looks like what is there.
const LONGEST = 1_600;

// A palette this small makes a third of the bytes, and more colors look no different.
const COLOURS = 192;

/** Takes pictures of a page on a desktop and on a phone, and if wanted in the dark, too. */
export async function shoot(page: Page, name: string, options: { dark?: boolean } = {}): Promise<void> {
  await page.mouse.move(0, 0); // what was pressed last is not to look hovered over
  const pictures = new Map<string, Buffer>();
  for (const theme of options.dark ? (["light", "dark"] as const) : (["light"] as const)) {
    for (const [device, size] of Object.entries(sizes)) {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
      await page.setViewportSize(size);
      await page.evaluate(() => Promise.allSettled(document.getAnimations().map((a) => a.finished)));
      const height = Math.min(LONGEST, await page.evaluate(() => document.documentElement.scrollHeight));
      const clip = { x: 0, y: 0, width: size.width, height };
      const file = `${name}-${device}${theme === "dark" ? "-dark" : ""}.png`;
      pictures.set(file, await page.screenshot({ fullPage: true, clip }));
    }
  }
  // Only now, for it takes a while, and what is to be seen may pass.
  for (const [file, picture] of pictures) writeFileSync(join(FOLDER, file), small(picture));
}

function small(png: Buffer): Buffer {
  const image = UPNG.decode(png);
  return Buffer.from(UPNG.encode(UPNG.toRGBA8(image), image.width, image.height, COLOURS));
}
