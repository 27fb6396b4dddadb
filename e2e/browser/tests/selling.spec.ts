import * as api from "../api.ts";
import { expect, test } from "../fixtures.ts";
import { sell } from "../people.ts";

test("a price arrives as it was typed", async ({ user }) => {
  const seller = await user();
  for (const [typed, dollars, shown] of [
    ["19.99", 19.99, "$19.99"],
    ["$1,234.50", 1234.5, "$1,234.50"],
    ["0.57", 0.57, "$0.57"],
    ["12,50", 12.5, "$12.50"],
    [" 12.5 ", 12.5, "$12.50"],
    ["1\u00a0234,50 $", 1234.5, "$1,234.50"],
  ] as const) {
    const id = await sell(seller, api.unique("A price"), typed);
    await expect(seller.getByRole("main")).toContainText(shown);
    expect((await api.readTicket(seller, id)).price).toBe(dollars);
  }
});

test("a ticket without a title or with an odd price is refused at the field", async ({ user }) => {
  const seller = await user();
  await seller.goto("/sell");
  const price = seller.getByLabel("Price");
  const offer = seller.getByRole("button", { name: "List ticket" });
  await price.fill("20");
  await offer.click();
  const title = seller.getByLabel("What’s the ticket for?");
  await expect(title).toHaveAccessibleDescription(/^Title must have 1 to 200 characters/);
  await expect(title).toHaveAttribute("aria-invalid", "true");
  await expect(price).not.toHaveAttribute("aria-invalid");
  await expect(price).toHaveValue("20");

  await expect(offer).toBeVisible();
  await title.fill("A play");
  for (const [typed, told] of [
    ["0.10", /^Price must be between \$0\.50 and/],
    ["1.500", /^“1\.500” could mean 1\.500 or 1500\./],
    ["2.000", /could mean/],
    ["19.990", /could mean/],
    ["1,500", /could mean/],
    ["1.500,00", /without a thousands separator/],
    ["0.575", /at most two decimals/],
    ["1e3", /as a plain number/],
    ["", /^Enter a price/],
  ] as const) {
    await price.fill(typed);
    await Promise.all([seller.waitForResponse((r) => r.request().method() === "POST"), offer.click()]);
    await expect(offer).toBeVisible(); // it no longer says "Saving…", after which the form is reset
    await expect(price).toHaveAccessibleDescription(told);
    await expect(price).toHaveAttribute("aria-invalid", "true");
    await expect(price).toHaveValue(typed);
    await expect(title).toHaveValue("A play");
  }
  expect(await (await seller.request.get("/api/tickets?seller=me")).json()).toEqual([]);
});

test("a seller can edit a ticket that isn't reserved", async ({ caller, user }) => {
  const [seller, buyer] = [await user(), await caller()];
  const ticket = await api.list(seller, api.unique("A chair in row three"), 40);
  const edit = `/tickets/${ticket.id}/edit`;
  const price = seller.getByLabel("Price");
  await seller.goto(edit);
  await expect(price).toHaveValue("40.00");

  const order = await api.order(buyer, ticket);
  await api.awaitTicket(seller, ticket.id, "reserved");
  await price.fill("400");
  await seller.getByRole("button", { name: "Save changes" }).click();
  await expect(seller.getByRole("main")).toContainText("Someone has reserved this ticket");
  await expect(price).toHaveCount(0);
  expect((await api.readTicket(seller, ticket.id)).price).toBe(40);

  await api.cancel(buyer, order);
  await api.awaitTicket(seller, ticket.id, "available");
  await seller.goto(edit);
  await price.fill("38.50");
  await seller.getByRole("button", { name: "Save changes" }).click();
  await expect(seller.getByRole("heading", { name: "Your ticket is for sale" })).toBeVisible();
  await expect(seller.getByRole("status").filter({ hasText: "Saved" })).toBeVisible();
  await expect(seller.getByRole("main")).toContainText("$38.50");
  expect((await api.readTicket(seller, ticket.id)).price).toBe(38.5);
});

test("many tickets are paged, and none is lost between the pages", async ({ user }) => {
  const seller = await user();
  const titles = Array.from({ length: 26 }, (_, i) => api.unique(`Seat ${i + 1}`));
  for (const title of titles) await api.list(seller, title);
  const shown: string[] = [];
  const cards = seller.getByRole("main").getByRole("listitem").getByRole("heading");
  await seller.goto("/my-tickets");
  await expect(cards).toHaveCount(24);
  shown.push(...(await cards.allTextContents()));
  await seller.getByRole("link", { name: "Older tickets" }).click();
  await expect(seller.getByRole("link", { name: "Newest tickets" })).toBeVisible();
  await expect(cards).toHaveCount(2);
  shown.push(...(await cards.allTextContents()));
  expect(shown).toEqual(titles.toReversed());
  await expect(seller.getByRole("link", { name: "Older tickets" })).toHaveCount(0);
});
