import type { Page, Request } from "@playwright/test";

/**
 * Holds back what each page sends with its next form until all of them have sent theirs. The function that
 * is returned waits until that has come about.
 */
export async function sendTogether(pages: Page[]): Promise<() => Promise<void>> {
  let go = () => {};
  const allSent = new Promise<void>((resolve) => {
    go = resolve;
  });
  let missing = pages.length;
  for (const page of pages) {
    const isForm = (request: Request) => request.method() === "POST";
    await page.route("**", async (route) => {
      if (!isForm(route.request())) return route.fallback();
      if (--missing === 0) go();
      await allSent;
      await route.continue();
    });
  }
  return async () => {
    await allSent;
    for (const page of pages) await page.unrouteAll({ behavior: "wait" });
  };
}
