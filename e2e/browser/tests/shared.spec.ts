import * as api from "../api.ts";
import { expect, test } from "../fixtures.ts";

const event = { startsAt: "2031-05-01T20:00:00-05:00", venue: "Grand Hall", city: "Chicago" };

test("a ticket's page describes it to sites that link to it and to search engines", async ({
  caller,
  visitor,
  system,
}) => {
  const seller = await caller();
  const title = api.unique('</script><b>$& "Opening" night');
  const data = { title, price: 49.5, event, description: "Row A" };
  const { id } = await (await seller.request.post("/api/tickets", { data })).json();
  const page = await visitor();
  await page.goto(`/tickets/${id}`);

  const meta = (name: string) =>
    page.locator(`meta[property="${name}"], meta[name="${name}"]`).getAttribute("content");
  expect(await meta("og:title")).toBe(title);
  expect(await meta("og:description")).toBe("$49.50 · Thu, May 1, 2031, 8:00 PM · Grand Hall, Chicago");
  expect(await meta("description")).toBe(await meta("og:description"));
  expect(await meta("og:url")).toBe(`${system.url}/tickets/${id}`);
  expect(await meta("twitter:card")).toBe("summary_large_image");
  const image = await page.request.get((await meta("og:image")) ?? "");
  expect(image.headers()["content-type"]).toBe("image/png");

  const json = await page.locator('script[type="application/ld+json"]').textContent();
  expect(JSON.parse(json ?? "")).toMatchObject({
    "@type": "Event",
    name: title,
    startDate: event.startsAt,
    location: { name: "Grand Hall", address: { addressLocality: "Chicago" } },
    offers: {
      price: 49.5,
      priceCurrency: "USD",
      url: `${system.url}/tickets/${id}`,
      availability: "https://schema.org/InStock",
    },
  });

  const buyer = await caller();
  await api.order(buyer, await api.readTicket(seller, id));
  await api.awaitTicket(seller, id, "reserved");
  await page.reload();
  expect(await page.locator('script[type="application/ld+json"]').textContent()).toContain("/SoldOut");
});

test("search engines find the tickets for sale, and nothing personal", async ({
  caller,
  request,
  system,
}) => {
  const { id } = await api.list(await caller());
  const robots = await (await request.get(`${system.url}/robots.txt`)).text();
  expect(robots).toContain(`Sitemap: ${system.url}/sitemap.xml`);
  for (const path of ["/orders", "/my-tickets", "/api/"]) expect(robots).toContain(`Disallow: ${path}`);
  const sitemap = await request.get(`${system.url}/sitemap.xml`);
  expect(sitemap.headers()["content-type"]).toBe("application/xml");
  expect(await sitemap.text()).toContain(`<loc>${system.url}/tickets/${id}</loc>`);
});

test("browsers and phones find an icon", async ({ visitor }) => {
  const page = await visitor();
  await page.goto("/");
  const icons = await page.locator('link[rel="icon"], link[rel="apple-touch-icon"]').all();
  expect(icons.length).toBeGreaterThanOrEqual(3);
  for (const icon of icons) {
    const answer = await page.request.get((await icon.getAttribute("href")) ?? "");
    expect(answer.headers()["content-type"]).toMatch(/^image\//);
  }
});

test("an open page announces that the price and the title changed", async ({ caller, visitor }) => {
  const seller = await caller();
  const ticket = await api.list(seller, api.unique("A cheap seat"), 10);
  const page = await visitor();
  await page.goto(`/tickets/${ticket.id}`);
  await page.waitForLoadState("networkidle").catch(() => undefined);
  const title = api.unique("A dear seat");
  await seller.request.put(`/api/tickets/${ticket.id}`, { data: { title, price: 95 } });
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(title);
  const status = page.getByRole("status").filter({ hasText: "The price changed" });
  await expect(status).toHaveText(
    `The price changed from $10.00 to $95.00. The title changed from “${ticket.title}” to “${title}”.`,
  );
});
