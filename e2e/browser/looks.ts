import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, type Page } from "@playwright/test";

const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

declare global {
  interface Window {
    axe: typeof import("axe-core");
  }
}

const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

const desktop = { width: 1280, height: 800 };
const phone = { width: 360, height: 740 };

/** Each theme and each size once. */
const some = [
  { colorScheme: "light", size: desktop },
  { colorScheme: "dark", size: phone },
] as const;

const others = [
  { colorScheme: "dark", size: desktop },
  { colorScheme: "light", size: phone },
] as const;

const looks = process.env.THOROUGH ? [...some, ...others] : some;

/**
 * Checks a page against WCAG 2.2 AA in both themes, on a desktop and on a small phone, where it
 * must not scroll sideways. It does not go anywhere for that: what has just happened on it stays.
 */
export async function looksRight(page: Page): Promise<void> {
  await page.evaluate(axe); // once for all looks, which @axe-core/playwright does not do: it took thrice the time
  for (const { colorScheme, size } of looks) {
    const look = `${page.url()}, ${colorScheme}, ${size.width} pixels wide`;
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(size);
    // During a transition, a color belongs to neither theme.
    await page.evaluate(() => Promise.allSettled(document.getAnimations().map((a) => a.finished)));
    expect(await page.evaluate(sideways), `${look}: pixels too wide`).toBe(0);
    expect(await page.evaluate(violations, rules), look).toEqual([]);
  }
}

const sideways = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;

async function violations(tags: string[]): Promise<string[]> {
  const found = await window.axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
  return found.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.html).join(" ")}`);
}
