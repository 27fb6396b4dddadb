import * as api from "../api.ts";
import { expect, test } from "../fixtures.ts";
import { signUp } from "../people.ts";

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with" : "without";
  const depth = javaScriptEnabled ? "" : " @thorough";

  test(`a buyer never pays a price that wasn't shown, ${how} JavaScript${depth}`, async ({
    caller,
    visitor,
    tolerated,
  }) => {
    tolerated.push(/ERR_FAILED .*\/events\)$/);
    const seller = await caller();
    const ticket = await api.list(seller, api.unique("A cheap seat"), 10);
    const page = await visitor({ javaScriptEnabled });
    await signUp(page, api.newEmail());
    // Block live updates, which may come late.
    await page.route("**/events", (route) => route.abort());
    await page.goto(`/tickets/${ticket.id}`);
    const title = api.unique("A dear seat");
    const change = async (price: number) => {
      const changed = await seller.request.put(`/api/tickets/${ticket.id}`, { data: { title, price } });
      expect(changed.ok()).toBe(true);
      // Orders hears of it a moment later: until then the old price is the price.
      await expect(async () => {
        const refused = await seller.request.post("/api/orders", { data: { ticketId: ticket.id, price: 1 } });
        expect(await refused.text()).toContain(`The price is now $${price}.00`);
      }).toPass();
    };
    await change(900);

    const alert = page.getByRole("main").getByRole("alert");
    await page.getByRole("button", { name: "Reserve this ticket" }).click();
    await expect(alert).toContainText("The price changed from $10.00 to $900.00.");
    await expect(alert).toContainText(`The title changed from “${ticket.title}” to “${title}”.`);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(title);
    expect(await (await page.request.get("/api/orders")).json()).toEqual([]);

    // And again while it's being asked.
    await change(8);
    await page.getByRole("button", { name: "Reserve it for $900.00" }).click();
    await expect(alert).toContainText("The price changed from $900.00 to $8.00.");
    await page.getByRole("button", { name: "Reserve it for $8.00" }).click();
    await expect(page.getByRole("heading", { name: "Your order" })).toBeVisible();
    expect(await (await page.request.get("/api/orders")).json()).toMatchObject([
      { ticket: { title, price: 8 } },
    ]);
  });
}

test("a reservation succeeds when orders is behind the page", async ({ caller, user }) => {
  const [seller, page] = [await caller(), await user()];
  const ticket = await api.list(seller, api.unique("A seat"), 10);
  await page.goto(`/tickets/${ticket.id}`);
  await seller.request.put(`/api/tickets/${ticket.id}`, { data: { title: ticket.title, price: 11 } });
  await page.goto(`/tickets/${ticket.id}`);
  await page.getByRole("button", { name: "Reserve this ticket" }).click();
  await expect(page.getByRole("button", { name: "Pay $11.00" })).toBeVisible();
});
