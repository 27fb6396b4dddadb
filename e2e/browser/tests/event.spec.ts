import * as api from "../api.ts";
import { expect, test } from "../fixtures.ts";
import { fillEvent, idIn } from "../people.ts";

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with" : "without";

  test(`a listing says when and where, in the time of the place, ${how} JavaScript`, async ({
    caller,
    visitor,
  }) => {
    const email = api.newEmail();
    await caller(email);
    const page = await visitor({
      javaScriptEnabled,
      timezoneId: "Asia/Tokyo",
      viewport: { width: 320, height: 700 },
    });
    await page.request.post("/api/users/signin", { data: { email, password: api.PASSWORD } });
    await page.goto("/sell");
    await page.getByLabel("What’s the ticket for?").fill(api.unique("A recital"));
    await page.getByLabel("Price").fill("20");
    const offer = page.getByRole("button", { name: "List ticket" });
    await offer.click();
    await expect(page.getByLabel("Starts at")).toHaveAccessibleDescription(/Enter the date and time/);
    await expect(page.getByLabel("Venue")).toHaveAccessibleDescription(/Enter the venue/);

    await fillEvent(page, "2020-05-01T20:00");
    await page.getByLabel("Seat").fill("Row 4");
    await page.getByLabel("Description").fill("Doors at 7.\nNo cameras.");
    await offer.click();
    await expect(page.getByLabel("Starts at")).toHaveAccessibleDescription(/Enter a time in the future/);
    await expect(page.getByLabel("Time zone")).toHaveValue("America/Chicago");
    await page.getByLabel("Starts at").fill("2037-05-01T20:00");
    await offer.click();

    await expect(page.getByRole("heading", { name: "Your ticket is for sale" })).toBeVisible();
    const main = page.getByRole("main");
    await expect(main).toContainText("Fri, May 1, 2037, 8:00\u202fPM");
    await expect(main).toContainText("Grand Hall");
    await expect(main).toContainText("Row 4");
    await expect(main.getByRole("region", { name: "Description" })).toHaveText("Doors at 7.\nNo cameras.");
    const { event, description } = await api.readTicket(page, idIn(page, "tickets"));
    expect(event).toEqual({ startsAt: "2037-05-01T20:00:00-05:00", venue: "Grand Hall" });
    expect(description).toBe("Doors at 7.\nNo cameras.");

    await page.getByRole("link", { name: "Edit title or price" }).click();
    await expect(page.getByLabel("Starts at")).toHaveValue("2037-05-01T20:00");
    await page.getByLabel("City").fill("Chicago");
    await page.getByRole("button", { name: "Save changes" }).click();
    await expect(main).toContainText("Grand Hall, Chicago");
    await expect(main).toContainText("Fri, May 1, 2037, 8:00\u202fPM");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  });
}

test("a ticket of an event that has started is off the market", async ({ caller, user }) => {
  const [seller, buyer] = [await caller(), await user()];
  const ticket = await api.list(seller, api.unique("Long ago"), 20);
  const event = { startsAt: "2020-05-01T20:00:00-05:00", venue: "Grand Hall" };
  await seller.request.put(`/api/tickets/${ticket.id}`, { data: { title: ticket.title, price: 20, event } });
  await buyer.goto(`/tickets/${ticket.id}`);
  await expect(buyer.getByRole("heading", { name: "No longer for sale" })).toBeVisible();
  await expect(buyer.getByRole("button", { name: "Reserve this ticket" })).toHaveCount(0);
  await buyer.goto("/");
  await expect(buyer.getByText(ticket.title)).toHaveCount(0);
});
