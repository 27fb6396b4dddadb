import { randomUUID } from "node:crypto";
import * as api from "../api.ts";
import { expect, type Page, test } from "../fixtures.ts";
import { looksRight } from "../looks.ts";

const results = (page: Page) =>
  page.getByRole("region", { name: "Search results" }).getByRole("heading", { level: 3 });

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with" : "without";

  test(`visitors search tickets by words, price and order, ${how} JavaScript`, async ({
    caller,
    visitor,
  }) => {
    const seller = await caller();
    const word = `w${randomUUID().slice(0, 8)}`;
    for (const [title, price] of [
      ["Crème brûlée", 30],
      ["Jazz", 10],
      ["More jazz", 20],
    ] as const) {
      await api.list(seller, `${title} ${word}`, price);
    }
    const page = await visitor({ javaScriptEnabled });
    await page.goto("/");
    await page.getByLabel("Search tickets").fill(`${word} JAZZ`);
    await page.getByRole("button", { name: "Search", exact: true }).click();
    await expect(results(page)).toHaveText([`More jazz ${word}`, `Jazz ${word}`]);
    await expect(page.getByText("2 tickets")).toBeVisible();

    await page.getByText("Filters").click();
    await page.getByLabel("Search tickets").fill(word);
    await page.getByLabel("Lowest price").fill("12,50");
    await page.getByLabel("Sort by").selectOption("price");
    await page.getByRole("button", { name: "Search", exact: true }).click();
    await expect(results(page)).toHaveText([`More jazz ${word}`, `Crème brûlée ${word}`]);

    // The address has the whole search.
    const other = await visitor({ javaScriptEnabled });
    await other.goto(page.url());
    await expect(results(other)).toHaveText([`More jazz ${word}`, `Crème brûlée ${word}`]);
    await expect(other.getByLabel("Lowest price")).toHaveValue("12,50");
    await other.goto(`/?q=creme+BRULEE+${word}`);
    await expect(results(other)).toHaveText([`Crème brûlée ${word}`]);
    if (javaScriptEnabled) await looksRight(other);
    await other.getByRole("link", { name: "Clear search" }).click();
    await expect(other).toHaveURL("/");
  });
}

test("a search that finds nothing or isn't valid says so", async ({ visitor }) => {
  const page = await visitor();
  await page.goto(`/?q=${randomUUID()}`);
  await expect(page.getByRole("heading", { name: "No tickets match your search" })).toBeVisible();
  for (const query of ["minPrice=1.500", "from=tomorrow", "sort=random", "q=x&after=nonsense"]) {
    await page.goto(`/?${query}`);
    await expect(page.getByRole("alert")).toContainText("Check the filters");
  }
  await looksRight(page);
});

test("results are paged, and none is lost or shown twice", async ({ caller, visitor }) => {
  const seller = await caller();
  const word = `p${randomUUID().slice(0, 8)}`;
  const titles = Array.from({ length: 26 }, (_, n) => `${word} ${n}`);
  for (const [n, title] of titles.entries()) await api.list(seller, title, n + 1);
  const page = await visitor();
  await page.goto(`/?q=${word}&sort=price`);
  await expect(page.getByText("26 tickets")).toBeVisible();
  await expect(results(page)).toHaveText(titles.slice(0, 24));
  await page.getByRole("link", { name: "More results" }).click();
  await expect(results(page)).toHaveText(titles.slice(24));
  await page.getByRole("link", { name: "First results" }).click();
  await expect(results(page)).toHaveText(titles.slice(0, 24));
});
