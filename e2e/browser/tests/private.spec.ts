import * as api from "../api.ts";
import { expect, test } from "../fixtures.ts";
import { looksRight } from "../looks.ts";

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with" : "without";

  test(`the buyer sees what the seller gave, and only after paying, ${how} JavaScript`, async ({
    user,
    caller,
  }) => {
    const [seller, buyer, stranger] = [
      await user({ javaScriptEnabled }),
      await user({ javaScriptEnabled }),
      await caller(),
    ];
    const ticket = await api.list(seller, api.unique("A coded seat"));
    const code = api.unique("ADMIT-ONE <b>&");
    await seller.goto(`/tickets/${ticket.id}`);
    await seller.getByLabel("Code or link").fill(code);
    await seller.getByRole("button", { name: "Save for the buyer" }).click();
    await expect(seller.getByRole("status").filter({ hasText: "Saved" })).toBeVisible();
    await expect(seller.getByLabel("Code or link")).toHaveValue(code);

    const order = await api.order(buyer, ticket);
    await buyer.goto(`/orders/${order.id}`);
    await expect(buyer.getByRole("heading", { name: "Your order" })).toBeVisible();
    expect(await buyer.content()).not.toContain("ADMIT-ONE");
    await api.pay(buyer, order);
    await api.awaitTicket(seller, ticket.id, "sold");
    await seller.goto(`/tickets/${ticket.id}`);
    await expect(seller.getByText("Not opened yet.")).toBeVisible();

    const gift = buyer.getByRole("region", { name: "Your ticket" });
    await expect(async () => {
      await buyer.goto(`/orders/${order.id}`);
      await expect(gift).toContainText(code, { timeout: 500 });
    }).toPass();
    await expect(gift.getByRole("img", { name: "QR code" })).toBeVisible();
    if (javaScriptEnabled) await looksRight(buyer);

    await seller.goto(`/tickets/${ticket.id}`);
    await expect(seller.getByText("The buyer has opened it.")).toBeVisible();
    await expect(seller.getByLabel("Code or link")).toHaveCount(0);
    const refused = await stranger.request.get(`/api/tickets/${ticket.id}/private`);
    expect(refused.status()).toBe(401);
    expect(await refused.text()).not.toContain("ADMIT-ONE");
  });
}

test("a seller who gave nothing is reminded once the ticket is sold, and can still give it", async ({
  user,
}) => {
  const [seller, buyer] = [await user(), await user()];
  const ticket = await api.list(seller, api.unique("A bare seat"));
  const order = await api.order(buyer, ticket);
  await api.pay(buyer, order);
  await api.awaitTicket(seller, ticket.id, "sold");
  await buyer.goto(`/orders/${order.id}`);
  await expect(buyer.getByText("The seller will hand over the ticket.")).toBeVisible();

  await seller.goto(`/tickets/${ticket.id}`);
  await expect(seller.getByText("the buyer is waiting for it")).toBeVisible();
  await looksRight(seller);
  await seller.getByLabel("Code or link").fill("https://tickets.example/4711?seat=a");
  await seller.getByRole("button", { name: "Save for the buyer" }).click();
  await expect(seller.getByText("Not opened yet.")).toBeVisible();
  await buyer.reload();
  const link = buyer.getByRole("link", { name: "https://tickets.example/4711?seat=a" });
  await expect(link).toHaveAttribute("href", "https://tickets.example/4711?seat=a");
});

test("what isn't a code or a link is refused beside the field, and stays typed", async ({ user }) => {
  const seller = await user();
  const ticket = await api.list(seller);
  await seller.goto(`/tickets/${ticket.id}`);
  const field = seller.getByLabel("Code or link");
  await field.fill("x".repeat(2001));
  await seller.getByRole("button", { name: "Save for the buyer" }).click();
  await expect(field).toHaveAccessibleDescription(/2,?000/);
  await expect(field).toHaveAttribute("aria-invalid", "true");
  await expect(field).toHaveValue("x".repeat(2001));
});

test("the page of a paid order prints as a ticket and offers the event for a calendar", async ({ user }) => {
  const [seller, buyer] = [await user(), await user()];
  const event = { startsAt: "2031-05-01T20:00:00-05:00", venue: "Grand Hall", city: "Chicago" };
  const data = { title: api.unique("A printed seat"), price: 20, event };
  const ticket: api.Ticket = await (await seller.request.post("/api/tickets", { data })).json();
  await seller.request.put(`/api/tickets/${ticket.id}/private`, { data: { text: "ADMIT-4711" } });
  const order = await api.order(buyer, ticket);
  const calendar = `/orders/${order.id}/calendar`;
  expect((await buyer.request.get(calendar)).status()).toBe(404); // before it's paid
  await api.pay(buyer, order);
  await expect.poll(async () => (await api.readOrder(buyer, order.id)).status).toBe("complete");
  await api.awaitTicket(seller, ticket.id, "sold");

  await expect(async () => {
    await buyer.goto(`/orders/${order.id}`);
    await expect(buyer.getByText("ADMIT-4711")).toBeVisible({ timeout: 500 });
  }).toPass();
  const [file] = await Promise.all([
    buyer.waitForEvent("download"),
    buyer.getByRole("link", { name: "Add to calendar" }).click(),
  ]);
  expect(file.suggestedFilename()).toBe("ticket.ics");
  expect(await (await buyer.request.get(calendar)).text()).toContain("DTSTART:20310502T010000Z\r\n");
  expect((await seller.request.get(calendar)).status()).toBe(404);

  await buyer.emulateMedia({ media: "print" });
  await expect(buyer.getByText("ADMIT-4711")).toBeVisible();
  await expect(buyer.getByRole("img", { name: "QR code" })).toBeVisible();
  await expect(buyer.getByRole("banner")).toBeHidden();
  await expect(buyer.getByRole("contentinfo")).toBeHidden();
  await expect(buyer.getByRole("link", { name: "Purchases" })).toBeHidden();
});
