import * as api from "../api.ts";
import { expect, test } from "../fixtures.ts";
import { looksRight } from "../looks.ts";
import { entry, signUp } from "../people.ts";
import { refundByHand } from "../sandbox.ts";

/** Sells a ticket, and returns it with its order and payment. */
async function sold(seller: api.Caller, buyer: api.Caller, title: string) {
  const ticket = await api.list(seller, title, 19.99);
  const order = await api.order(buyer, ticket);
  const { stripeId = "" } = await api.pay(buyer, order);
  await api.awaitTicket(seller, ticket.id, "sold");
  return { ticket, order, payment: stripeId };
}

test("sellers see what they sold, what was refunded and what they're owed", async ({
  caller,
  user,
  system,
}) => {
  const [seller, buyer] = [await user(), await caller()];
  const kept = await sold(seller, buyer, api.unique("A kept seat"));
  const returned = await sold(seller, buyer, api.unique("A returned seat"));
  await refundByHand(system, returned.payment);

  const summary = seller.getByRole("region", { name: "Your sales" });
  await expect(async () => {
    await seller.goto("/my-tickets?status=sold");
    await expect(summary).toContainText("You’re owed$19.99", { timeout: 500 });
  }).toPass();
  await expect(summary).toContainText("Tickets sold2");
  await expect(summary).toContainText("Sales$39.98");
  await expect(summary).toContainText("Refunded$19.99");
  await expect(summary).toContainText("We pay sellers outside of this site for now.");
  await looksRight(seller);
  await expect(entry(seller, kept.ticket.title)).toContainText(`Order ${kept.order.id}`);
  await expect(entry(seller, returned.ticket.title)).toContainText("$19.99 refunded");

  const [file] = await Promise.all([
    seller.waitForEvent("download"),
    summary.getByRole("link", { name: "Download as a spreadsheet (CSV)" }).click(),
  ]);
  expect(file.suggestedFilename()).toBe("sales.csv");

  await seller.goto(`/tickets/${kept.ticket.id}`);
  await expect(seller.getByRole("main")).toContainText(`Order ${kept.order.id}`);
  await expect(seller.getByRole("main")).toContainText("We pay sellers outside of this site for now.");
});

test("filters show a seller's tickets by their state, without JavaScript too", async ({
  caller,
  visitor,
}) => {
  const [seller, buyer] = [await visitor({ javaScriptEnabled: false }), await caller()];
  await signUp(seller, api.newEmail());
  const free = await api.list(seller, api.unique("A free seat"));
  const { ticket } = await sold(seller, buyer, api.unique("A sold seat"));
  await seller.goto("/my-tickets");
  const filter = seller.getByRole("navigation", { name: "Filter" });
  await filter.getByRole("link", { name: "For sale" }).click();
  await expect(entry(seller, free.title)).toHaveCount(1);
  await expect(entry(seller, ticket.title)).toHaveCount(0);
  await expect(filter.getByRole("link", { name: "For sale" })).toHaveAttribute("aria-current", "page");
  await filter.getByRole("link", { name: "Sold" }).click();
  await expect(entry(seller, ticket.title)).toHaveCount(1);
  await expect(entry(seller, free.title)).toHaveCount(0);
  await filter.getByRole("link", { name: "Withdrawn" }).click();
  await expect(seller.getByRole("main")).toContainText("You have no tickets in this list.");
});

test("Previous leads back page by page", async ({ user }) => {
  const seller = await user();
  const titles = Array.from({ length: 50 }, (_, i) => api.unique(`Seat ${i + 1}`));
  for (const title of titles) await api.list(seller, title);
  await seller.goto("/my-tickets");
  const cards = seller.getByRole("main").getByRole("listitem").getByRole("heading");
  const previous = seller.getByRole("link", { name: "Previous" });
  const older = seller.getByRole("link", { name: "Older tickets" });
  await expect(previous).toHaveCount(0);
  await older.click();
  await expect(cards.first()).toHaveText(titles[25] ?? "");
  await older.click();
  await expect(cards.first()).toHaveText(titles[1] ?? "");
  await previous.click();
  await expect(cards.first()).toHaveText(titles[25] ?? "");
  await previous.click();
  await expect(cards.first()).toHaveText(titles[49] ?? "");
  await expect(previous).toHaveCount(0);
});
