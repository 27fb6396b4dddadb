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

for (const id of ["0123456789abcdef01234567", "nonsense"]) {
  test(`there is no ticket ${id}`, async ({ visitor }) => {
    const page = await visitor();
    await page.goto(`/tickets/${id}`);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Page not found");
    await expect(page.locator('meta[name="robots"]').first()).toHaveAttribute("content", "noindex");
  });
}

test("a page says so when a service is away, and offers to try again", async ({
  user,
  newClient,
  tolerated,
}) => {
  tolerated.push(/status of 404 .*\/events\)$/); // there is no gateway in front of this client
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
