import * as api from "../api.ts";
import { expect, test } from "../fixtures.ts";
import { looksRight } from "../looks.ts";
import { freePort } from "../system.ts";

test("a path that nothing has is not found", async ({ visitor, tolerated }) => {
  tolerated.push(/status of 404/);
  const page = await visitor();
  const response = await page.goto("/no/such/page");
  expect(response?.status()).toBe(404);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Page not found");
  await looksRight(page);
  await page.getByRole("link", { name: "See all tickets" }).click();
  await expect(page).toHaveURL("/");
});

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with" : "without";
  const missing = ["0123456789abcdef01234567", "nonsense"].map((id) => `/tickets/${id}`);
  for (const path of [...missing, "/problems/nothing"]) {
    test(`${path} has status 404 ${how} JavaScript`, async ({ visitor, tolerated }) => {
      tolerated.push(/status of 404/);
      const page = await visitor({ javaScriptEnabled });
      expect((await page.goto(path))?.status()).toBe(404);
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("Page not found");
      await expect(page.locator('meta[name="robots"]').first()).toHaveAttribute("content", "noindex");
    });
  }

  test(`pages have status 503 and a neutral title ${how} JavaScript while tickets is away`, async ({
    visitor,
    newClient,
    tolerated,
  }) => {
    tolerated.push(/status of 503/);
    const page = await visitor({ javaScriptEnabled });
    const client = await newClient({ TICKETS_URL: `http://127.0.0.1:${await freePort()}` });
    for (const path of ["/", "/?q=jazz", "/tickets/0123456789abcdef01234567"]) {
      expect((await page.goto(client.url + path))?.status(), path).toBe(503);
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("Something went wrong");
      expect(await page.title()).not.toContain("not found");
    }
  });

  test(`orders are shown and can be cancelled ${how} JavaScript while payments is away`, async ({
    user,
    newClient,
    tolerated,
  }) => {
    tolerated.push(/status of 404 .*\/events\)$/); // there is no gateway in front of this client
    const page = await user({ javaScriptEnabled });
    const ticket = await api.list(page);
    const order = await api.order(page, ticket);
    const client = await newClient({ PAYMENTS_URL: `http://127.0.0.1:${await freePort()}` });
    for (const list of ["/orders", "/orders?state=open"]) {
      expect((await page.goto(client.url + list))?.status()).toBe(200);
      await expect(page.getByRole("link", { name: ticket.title })).toBeVisible();
      await expect(page.getByText("Payments aren’t available right now")).toBeVisible();
    }
    await page.getByRole("link", { name: ticket.title }).click();
    await expect(page.getByRole("heading", { name: "Payments aren’t available right now" })).toBeVisible();
    if (javaScriptEnabled) await looksRight(page);
    await page.getByText("Cancel order").click();
    await page.getByRole("button", { name: "Cancel this order" }).click();
    await expect(page.getByText("Cancelled", { exact: true })).toBeVisible();
    expect((await api.readOrder(page, order.id)).status).toBe("cancelled");
  });
}

test("a page says so when a service is away, and offers to try again", async ({
  user,
  newClient,
  tolerated,
}) => {
  tolerated.push(/status of 404 .*\/events\)$/); // there is no gateway in front of this client
  tolerated.push(/status of 503/);
  const page = await user();
  const ticket = await api.list(page);
  const client = await newClient({ ORDERS_URL: `http://127.0.0.1:${await freePort()}` });
  await page.goto(`${client.url}/orders`);
  await expect(page.getByRole("alert").getByRole("heading")).toHaveText("Something went wrong");
  await looksRight(page);

  const again = page.waitForRequest((request) => new URL(request.url()).pathname === "/orders");
  await page
    .getByRole("link", { name: "Try again" })
    .or(page.getByRole("button", { name: "Try again" }))
    .click();
  await again;
  await expect(page.getByRole("heading", { name: "Something went wrong" })).toBeVisible();

  // What does not need it goes on, and a form says at its place that it did not work.
  await page.goto(`${client.url}/tickets/${ticket.id}`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(ticket.title);
});
