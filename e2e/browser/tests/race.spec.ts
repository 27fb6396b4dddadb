import * as api from "../api.ts";
import { expect, type Page, test } from "../fixtures.ts";
import { countLoads, reserveButton } from "../people.ts";
import { sendTogether } from "../race.ts";

test("of two buyers who reserve at once, one gets the ticket and the other sees why not", async ({
  caller,
  user,
}) => {
  const seller = await caller();
  const ticket = await api.list(seller);
  await api.list(seller);
  const buyers: [Page, Page] = [await user(), await user()];
  const onlooker = await user();
  for (const page of [...buyers, onlooker]) await page.goto(`/tickets/${ticket.id}`);
  await expect(reserveButton(onlooker)).toBeVisible();
  const loads = countLoads(onlooker);

  const sent = await sendTogether(buyers);
  for (const buyer of buyers) await reserveButton(buyer).click();
  await sent();

  const [winner, loser] = await winnerFirst(buyers);
  await expect(winner.getByRole("button", { name: "Pay $19.99" })).toBeVisible();
  await expect(loser.getByRole("main").getByRole("alert")).toContainText("Someone got there first.");
  await expect(reserveButton(loser)).toHaveCount(0);
  const offers = loser.getByRole("region", { name: "More tickets" });
  await expect(offers.getByRole("link")).not.toHaveCount(0);
  await expect(offers.getByRole("link", { name: ticket.title })).toHaveCount(0);
  for (const [page, orders] of [
    [winner, 1],
    [loser, 0],
  ] as const) {
    expect(await (await page.request.get("/api/orders")).json()).toHaveLength(orders);
  }

  await expect(onlooker.getByRole("status")).toHaveText("Someone just reserved this ticket.");
  await expect(reserveButton(onlooker)).toHaveCount(0);
  expect(loads()).toBe(0);
});

test("an open ticket page shows that it is reserved, available again and sold", async ({ caller, user }) => {
  const [seller, buyer, watcher] = [await caller(), await caller(), await user()];
  const ticket = await api.list(seller);
  await watcher.goto(`/tickets/${ticket.id}`);
  await expect(reserveButton(watcher)).toBeVisible();
  const loads = countLoads(watcher);

  const order = await api.order(buyer, ticket);
  await expect(watcher.getByRole("status")).toHaveText("Someone just reserved this ticket.");
  await expect(reserveButton(watcher)).toHaveCount(0);

  await api.cancel(buyer, order);
  await expect(watcher.getByRole("status")).toHaveText(
    "This ticket is available again. You can reserve it now.",
  );
  await expect(reserveButton(watcher)).toBeVisible();

  await api.pay(buyer, await api.order(buyer, ticket));
  await expect(watcher.getByRole("status")).toHaveText("This ticket was just sold.");
  await expect(watcher.getByRole("heading", { name: "Sold" })).toBeVisible();
  expect(loads()).toBe(0);
});

/** Waits until both have an answer. The page with the order comes first. */
async function winnerFirst(buyers: [Page, Page]): Promise<[Page, Page]> {
  const won = (page: Page) => page.getByRole("heading", { name: "Your order" });
  const lost = (page: Page) => page.getByText("Someone got there first.");
  for (const buyer of buyers) await expect(won(buyer).or(lost(buyer))).toBeVisible();
  return (await won(buyers[0]).isVisible()) ? buyers : [buyers[1], buyers[0]];
}
