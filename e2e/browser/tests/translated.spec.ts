import * as api from "../api.ts";
import { expect, type Page, test } from "../fixtures.ts";
import {
  awaitCountdown,
  cancelThenPay,
  fillCredentials,
  fillEvent,
  orderState,
  payWith,
  reserve,
  reserveButton,
  sell,
} from "../people.ts";
import { decideAtBank, moneyOf } from "../sandbox.ts";
import { translate } from "../translator.ts";

/** A page in a browser that translates everything it shows. */
async function translated(visitor: () => Promise<Page>): Promise<Page> {
  const page = await visitor();
  await translate(page.context(), "hydrated");
  return page;
}

const isTranslated = (page: Page) => expect(page.locator("main font font").first()).toBeVisible();

test("a translated site sells and buys", async ({ visitor, system }) => {
  const [seller, buyer] = [await translated(visitor), await translated(visitor)];
  for (const page of [seller, buyer]) {
    await page.goto("/signup");
    await isTranslated(page);
    await fillCredentials(page, "nonsense", "short");
    await page.getByRole("button", { name: "Sign up" }).click();
    await expect(page.getByText("Email must be valid")).toBeVisible();
    await fillCredentials(page, api.newEmail());
    await page.getByRole("button", { name: "Sign up" }).click();
    await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
  }
  await seller.goto("/sell");
  await seller.getByLabel("What’s the ticket for?").fill("x");
  await fillEvent(seller);
  await seller.getByLabel("Price").fill("0");
  await seller.getByRole("button", { name: "List ticket" }).click();
  await expect(seller.getByText(/^Price must be/)).toBeVisible();
  const title = api.unique("In translation");
  const ticket = await sell(seller, title, "19.99");

  await buyer.goto(`/tickets/${ticket}`);
  await isTranslated(buyer);
  const declined = await reserve(buyer);
  await expect(seller.getByRole("heading", { name: "Sale pending" })).toBeVisible();
  await payWith(buyer, "Declined");
  await expect(orderState(buyer)).toContainText("Your card was declined.");
  expect(await moneyOf(system, declined)).toEqual({ kept: 0, captures: 0 });

  await cancelThenPay(buyer, ticket, system);

  await expect(seller.getByRole("heading", { level: 2, name: "Sold" })).toBeVisible();
  await buyer.getByRole("link", { name: "Purchases" }).first().click();
  await expect(buyer.getByRole("heading", { level: 1, name: "Purchases" })).toBeVisible();
  await buyer.getByRole("button", { name: "Sign out" }).click();
  await expect(buyer.getByRole("link", { name: "Sign in" })).toBeVisible();
});

test("a translated page goes through the bank's question", async ({ caller, user, system }) => {
  const buyer = await translated(user);
  for (const decision of ["Refuse", "Approve"] as const) {
    const order = await api.order(buyer, await api.list(await caller()));
    await buyer.goto(`/orders/${order.id}`);
    await payWith(buyer, "Bank confirmation");
    await decideAtBank(buyer, decision);
    await expect(orderState(buyer)).toContainText(
      decision === "Approve" ? "It’s yours!" : "Your payment didn’t go through",
    );
    expect((await moneyOf(system, order.id)).captures).toBe(decision === "Approve" ? 1 : 0);
  }
});

test("a translated countdown goes on, past all its warnings", async ({ caller, user }) => {
  const buyer = await translated(user);
  const order = await api.order(buyer, await api.list(await caller()));
  await buyer.clock.install();
  await buyer.goto(`/orders/${order.id}`);
  await isTranslated(buyer);
  const state = orderState(buyer);
  await awaitCountdown(buyer);
  for (const [time, text, clock] of [
    ["10:30", "Less than five minutes left to pay", /^[34]:\d\d$/],
    ["03:30", "Less than a minute left to pay", /^0:\d\d$/],
    ["01:00", "Time’s up.", /^0:00$/],
  ] as const) {
    await buyer.clock.fastForward(time);
    await expect(state).toContainText(text);
    await expect(state.getByRole("timer")).toHaveText(clock);
  }
});

test("a translated ticket follows what others do", async ({ caller, user }) => {
  const [seller, other, watcher] = [await caller(), await caller(), await translated(user)];
  const ticket = await api.list(seller);
  await watcher.goto(`/tickets/${ticket.id}`);
  await isTranslated(watcher);
  for (let round = 0; round < 2; round++) {
    const order = await api.order(other, ticket);
    await expect(watcher.getByRole("heading", { level: 2, name: "Reserved" })).toBeVisible();
    await expect(reserveButton(watcher)).toHaveCount(0);
    await api.cancel(other, order);
    await expect(reserveButton(watcher)).toBeVisible();
  }
  await reserve(watcher);
});

test("a page that is translated before its scripts run works all the same", async ({
  caller,
  user,
  system,
  tolerated,
}) => {
  // React renders such a page again, and logs it.
  tolerated.push(/React error #418/, /favicon/);
  const buyer = await user();
  await translate(buyer.context(), "loaded");
  const order = await api.order(buyer, await api.list(await caller()));
  await buyer.goto(`/orders/${order.id}`);
  await isTranslated(buyer);
  await awaitCountdown(buyer);
  await payWith(buyer, "Succeeds");
  await expect(orderState(buyer)).toContainText("It’s yours!");
  expect(await moneyOf(system, order.id)).toEqual({ kept: 1999, captures: 1 });
});
