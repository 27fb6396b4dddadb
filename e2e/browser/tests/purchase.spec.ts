import * as api from "../api.ts";
import { expect, test } from "../fixtures.ts";
import {
  awaitCountdown,
  cancelOrder,
  countLoads,
  entry,
  isOffered,
  orderState,
  payWith,
  reserve,
  sell,
  signUp,
} from "../people.ts";
import { sendTogether } from "../race.ts";
import { decideAtBank, moneyOf } from "../sandbox.ts";

test("a ticket is sold and bought, from signing up to the lists of both", async ({ visitor, system }) => {
  const title = api.unique("Jazz on the river");
  const neighbour = api.unique("Jazz on the hill");
  const today = new Intl.DateTimeFormat("en-US", { dateStyle: "medium" });
  const days = [today.format()];

  const seller = await visitor();
  await signUp(seller, api.newEmail());
  await sell(seller, neighbour, "15");
  const ticket = await sell(seller, title, "19.99");

  const buyer = await visitor();
  await signUp(buyer, api.newEmail());
  expect(await isOffered(buyer, title)).toBe(true);
  await buyer.getByRole("link", { name: title }).click();
  await expect(buyer.getByRole("heading", { level: 1 })).toHaveText(title);
  const order = await reserve(buyer);
  await expect(orderState(buyer).getByRole("timer")).toHaveText(/^1[0-5]:\d\d$/);
  await payWith(buyer, "Succeeds");
  await expect(orderState(buyer).getByRole("heading", { name: "It’s yours!" })).toBeVisible();
  await expect(orderState(buyer)).toContainText("$19.99");
  expect(await moneyOf(system, order)).toEqual({ kept: 1999, captures: 1 });

  await buyer.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Purchases" }).click();
  const bought = entry(buyer, title);
  await expect(bought).toContainText("Paid");
  await expect(bought).toContainText("$19.99");
  days.push(today.format()); // in case midnight came in between
  await expect(bought).toContainText(new RegExp(days.join("|").replaceAll(" ", "\\s"))); // they do not break
  await api.awaitTicket(seller, ticket, "sold"); // the seller's list isn't live

  await seller.getByRole("link", { name: "Selling" }).click();
  await expect(entry(seller, title)).toContainText("Sold");
  await expect(entry(seller, neighbour)).toContainText("For sale");
  expect(await isOffered(buyer, neighbour)).toBe(true);
  expect(await isOffered(buyer, title)).toBe(false);
});

for (const [card, message] of [
  ["Declined", "Your card was declined."],
  ["Insufficient funds", "Your card has insufficient funds."],
] as const) {
  test(`${card}: Stripe's words, the end of the order, a free ticket`, async ({ caller, user, system }) => {
    const [seller, buyer] = [await caller(), await user()];
    const ticket = await api.list(seller);
    await buyer.goto(`/tickets/${ticket.id}`);
    const order = await reserve(buyer);
    await payWith(buyer, card);

    const state = orderState(buyer);
    await expect(state.getByRole("alert")).toContainText("Your payment didn’t go through");
    await expect(state).toContainText(message);
    await expect(state.getByRole("button", { name: /^Pay/ })).toHaveCount(0);
    // The page goes by the charge, of which orders hears a moment later.
    await expect.poll(async () => (await api.readOrder(buyer, order)).status).toBe("cancelled");
    expect(await moneyOf(system, order)).toEqual({ kept: 0, captures: 0 });
    await buyer.reload();
    await expect(state).toContainText(message);

    await api.awaitTicket(buyer, ticket.id, "available");
    await state.getByRole("link", { name: "View ticket" }).click();
    expect(await reserve(buyer)).not.toBe(order);
  });
}

test("the buyer confirms a payment at the bank, and the page shows the outcome", async ({
  caller,
  user,
  system,
}) => {
  const [seller, buyer] = [await caller(), await user()];
  const ticket = await api.list(seller);
  await buyer.goto(`/tickets/${ticket.id}`);
  const order = await reserve(buyer);
  await payWith(buyer, "Bank confirmation");
  await expect(orderState(buyer)).toContainText("Confirm with your bank");
  expect(await moneyOf(system, order)).toEqual({ kept: 0, captures: 0 });

  const loads = countLoads(buyer);
  await decideAtBank(buyer, "Approve");
  await expect(orderState(buyer)).toContainText("It’s yours!");
  expect(loads()).toBe(0);
  expect(await moneyOf(system, order)).toEqual({ kept: 1999, captures: 1 });
});

test("the buyer refuses a payment at the bank, and nothing is charged", async ({ caller, user, system }) => {
  const [seller, buyer] = [await caller(), await user()];
  const ticket = await api.list(seller);
  await buyer.goto(`/tickets/${ticket.id}`);
  const order = await reserve(buyer);
  await payWith(buyer, "Bank confirmation");

  await expect(orderState(buyer).getByRole("link", { name: "Continue to your bank" })).toBeVisible();
  const loads = countLoads(buyer);
  await decideAtBank(buyer, "Refuse");
  await expect(orderState(buyer)).toContainText("Your payment didn’t go through");
  expect(loads()).toBe(0);
  expect(await moneyOf(system, order)).toEqual({ kept: 0, captures: 0 });
  await api.awaitTicket(buyer, ticket.id, "available");
});

test("pressing Pay twice pays once", async ({ caller, user, system }) => {
  const [seller, buyer] = [await caller(), await user()];
  const order = await api.order(buyer, await api.list(seller));
  await buyer.goto(`/orders/${order.id}`);
  await awaitCountdown(buyer);
  const sent: string[] = [];
  buyer.on("request", (request) => {
    if (request.method() === "POST") sent.push(request.url());
  });
  await buyer.getByRole("button", { name: "Pay $19.99" }).dblclick();
  await expect(orderState(buyer)).toContainText("It’s yours!");
  expect(sent).toHaveLength(1);
  expect(await moneyOf(system, order.id)).toEqual({ kept: 1999, captures: 1 });
});

test("paying in two tabs pays once", async ({ caller, user, system }) => {
  const [seller, buyer] = [await caller(), await user()];
  const order = await api.order(buyer, await api.list(seller));
  const tabs = [buyer, await buyer.context().newPage()];
  for (const tab of tabs) await tab.goto(`/orders/${order.id}`);
  const sent = await sendTogether(tabs);
  for (const tab of tabs) await tab.getByRole("button", { name: "Pay $19.99" }).click({ noWaitAfter: true });
  await sent();
  for (const tab of tabs) await expect(orderState(tab)).toContainText("It’s yours!");
  expect(await moneyOf(system, order.id)).toEqual({ kept: 1999, captures: 1 });
});

test("a buyer cancels, and the ticket is free again", async ({ caller, user }) => {
  const [seller, buyer] = [await caller(), await user()];
  const ticket = await api.list(seller);
  await buyer.goto(`/tickets/${ticket.id}`);
  const order = await reserve(buyer);
  await cancelOrder(buyer);
  await expect(orderState(buyer)).toContainText("You cancelled this order");
  expect((await api.readOrder(buyer, order)).status).toBe("cancelled");
  await api.awaitTicket(buyer, ticket.id, "available");
  await buyer.goto("/orders");
  await expect(entry(buyer, ticket.title)).toContainText("Cancelled by you");
});
