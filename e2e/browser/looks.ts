import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

const desktop = { width: 1280, height: 800 };
const phone = { width: 360, height: 740 };

const looks = [
  { colorScheme: "light", size: desktop },
  { colorScheme: "dark", size: desktop },
  { colorScheme: "light", size: phone },
  { colorScheme: "dark", size: phone },
] as const;

const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/**
 * Holds a page, as it stands, to WCAG 2.2 AA in both themes, on a desktop and on a small phone, where it
 * must not scroll sideways. It does not go anywhere for that: what has just happened on it stays.
 */
export async function looksRight(page: Page): Promise<void> {
  for (const { colorScheme, size } of looks) {
    const look = `${page.url()}, ${colorScheme}, ${size.width} pixels wide`;
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(size);
    // A colour that is on its way from one theme to the other belongs to neither.
    await page.evaluate(() => Promise.allSettled(document.getAnimations().map((a) => a.finished)));
    expect(await page.evaluate(sideways), `${look}: pixels too wide`).toBe(0);
    // Its legacy mode does without another page to work in, which no page without frames needs.
    const { violations } = await new AxeBuilder({ page }).setLegacyMode().withTags(rules).analyze();
    expect(
      violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.html).join(" ")}`),
      look,
    ).toEqual([]);
  }
}

const sideways = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
