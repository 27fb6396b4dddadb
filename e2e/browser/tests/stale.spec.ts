// Outdated pages: the browser's copies, and pages that other users' actions have overtaken.

import * as api from "../api.ts";
import { expect, type Page, test } from "../fixtures.ts";
import { awaitCountdown, cancelOrder, orderState, reserveButton, sell } from "../people.ts";

const MINUTE = 60;

/** The time that a countdown shows, in seconds. */
async function shownTime(page: Page): Promise<number> {
  const [minutes = 0, seconds = 0] = ((await orderState(page).getByRole("timer").textContent()) ?? "")
    .split(":")
    .map(Number);
  return minutes * MINUTE + seconds;
}

/** Compares the countdown with the truth. A busy machine may be seconds late to show a page. */
async function showsTrueTime(page: Page, order: api.Order): Promise<void> {
  await expect(orderState(page).getByRole("timer")).toBeVisible();
  await expect(async () => {
    const left = (Date.parse(order.expiresAt) - Date.now()) / 1000;
    expect(Math.abs((await shownTime(page)) - left)).toBeLessThan(5);
  }).toPass();
}

test("Back and Forward show the time that is left", async ({ caller, user }) => {
  const buyer = await user();
  const order = await api.order(buyer, await api.list(await caller()));
  await buyer.goto(`/orders/${order.id}`);
  await awaitCountdown(buyer);
  await buyer.getByRole("link", { name: "Purchases" }).first().click();
  await expect(buyer.getByRole("heading", { level: 1, name: "Purchases" })).toBeVisible();
  await buyer.waitForTimeout(8_000); // what passes is what is tested

  // The server's answer is held back, so that the page has nothing but the copy that the browser kept.
  const asked: string[] = [];
  await buyer.route(/_rsc=/, (route) => void asked.push(route.request().url()));
  await buyer.goBack();
  await showsTrueTime(buyer, order);
  await expect.poll(() => asked.length, "the copy is replaced").toBeGreaterThan(0);
  await buyer.unrouteAll();

  await buyer.goForward();
  await expect(buyer.getByRole("heading", { level: 1, name: "Purchases" })).toBeVisible();
  await buyer.goBack();
  await showsTrueTime(buyer, order);
});

test("Back to an order that has ended meanwhile shows how it ended", async ({ caller, user }) => {
  const buyer = await user();
  const order = await api.order(buyer, await api.list(await caller()));
  await buyer.goto("/orders");
  await buyer.getByRole("main").locator(`a[href="/orders/${order.id}"]`).click();
  await awaitCountdown(buyer);
  await buyer.getByRole("link", { name: "Purchases" }).first().click();
  await expect(buyer.getByRole("heading", { level: 1, name: "Purchases" })).toBeVisible();
  await api.cancel(buyer, order);
  await buyer.goBack();
  await expect(orderState(buyer)).toContainText("You cancelled this order");
  await expect(buyer.getByRole("button", { name: /^Pay/ })).toHaveCount(0);
});

for (const [what, shift] of [
  ["a clock that jumps ahead, as after sleep,", 3_600_000],
  ["a clock that jumps back", -3_600_000],
] as const) {
  test(`${what} makes the page ask the server`, async ({ caller, user }) => {
    const buyer = await user();
    const order = await api.order(buyer, await api.list(await caller()));
    await buyer.goto(`/orders/${order.id}`);
    await awaitCountdown(buyer);
    const asked = buyer.waitForRequest(/_rsc=/);
    await buyer.evaluate((shift) => {
      const now = Date.now.bind(Date);
      Date.now = () => now() + shift;
    }, shift);
    await asked;
    await expect(orderState(buyer).getByRole("timer")).toHaveText(/^1[0-4]:\d\d$/);
    await showsTrueTime(buyer, order);
  });
}

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with" : "without";
  const depth = javaScriptEnabled ? "" : " @thorough";

  test(`paying what was cancelled elsewhere shows the order as it is, ${how} JavaScript`, async ({
    caller,
    user,
  }) => {
    const buyer = await user({ javaScriptEnabled });
    const order = await api.order(buyer, await api.list(await caller()));
    await buyer.goto(`/orders/${order.id}`);
    await api.cancel(buyer, order);
    await hearsOfCancellation(buyer, order);
    await buyer.getByRole("button", { name: "Pay $19.99" }).click();
    await expect(orderState(buyer)).toContainText("You cancelled this order");
    for (const gone of [buyer.getByRole("button", { name: /^(Pay|Cancel)/ }), buyer.getByRole("timer")]) {
      await expect(gone).toHaveCount(0);
    }
  });

  test(`cancelling what was paid elsewhere shows the order as it is, ${how} JavaScript${depth}`, async ({
    caller,
    user,
  }) => {
    const buyer = await user({ javaScriptEnabled });
    const order = await api.order(buyer, await api.list(await caller()));
    await buyer.goto(`/orders/${order.id}`);
    await api.pay(buyer, order);
    await expect.poll(async () => (await api.readOrder(buyer, order.id)).status).toBe("complete");
    await cancelOrder(buyer);
    await expect(orderState(buyer)).toContainText("It’s yours!");
    await expect(buyer.getByRole("button", { name: /^(Pay|Cancel)/ })).toHaveCount(0);
  });

  test(`editing what was reserved meanwhile says so, ${how} JavaScript${depth}`, async ({ caller, user }) => {
    const [seller, buyer] = [await user({ javaScriptEnabled }), await caller()];
    const title = api.unique("Edited too late");
    const id = await sell(seller, title, "20");
    await seller.goto(`/tickets/${id}/edit`);
    await api.order(buyer, { id, title, price: 20, status: "available" });
    await api.awaitTicket(buyer, id, "reserved");
    await seller.getByRole("button", { name: "Save changes" }).click();
    await expect(seller.getByRole("main")).toContainText("reserved this ticket");
    await expect(seller.getByRole("button", { name: "Save changes" })).toHaveCount(0);
  });

  test(`reserving what was sold meanwhile says so, ${how} JavaScript${depth}`, async ({ caller, user }) => {
    const [seller, other, buyer] = [await caller(), await caller(), await user({ javaScriptEnabled })];
    const ticket = await api.list(seller);
    await buyer.route("**/events", () => {}); // no live updates
    await buyer.goto(`/tickets/${ticket.id}`);
    await api.pay(other, await api.order(other, ticket));
    await api.awaitTicket(other, ticket.id, "sold");
    await reserveButton(buyer).click();
    await expect(buyer.getByRole("heading", { level: 2, name: "Sold" })).toBeVisible();
    await expect(reserveButton(buyer)).toHaveCount(0);
  });
}

test("an old link doesn't say that someone got there first", async ({ caller, user }) => {
  const buyer = await user();
  const ticket = await api.list(await caller());
  for (const taken of ["1", "", "x", String(Date.now() - 120_000), String(Date.now() + 120_000)]) {
    await buyer.goto(`/tickets/${ticket.id}?taken=${taken}`);
    await expect(reserveButton(buyer)).toBeVisible();
    await expect(buyer.getByText("Someone got there first.")).toHaveCount(0);
  }
});

/** Waits until payments refuses the order, with a token that it would never take. */
async function hearsOfCancellation(buyer: Page, order: api.Order): Promise<void> {
  const data = { orderId: order.id, token: "tok_nobody" };
  await expect(async () => {
    const answer = await buyer.request.post("/api/payments", { data });
    expect(await answer.text()).toContain("cancelled");
  }).toPass();
}

test("a page that is offline stays, and asks the server once it is back online", async ({
  caller,
  user,
  tolerated,
}) => {
  tolerated.push(/INTERNET_DISCONNECTED/);
  const buyer = await user();
  const order = await api.order(buyer, await api.list(await caller()));
  await buyer.clock.install();
  await buyer.goto(`/orders/${order.id}`);
  await awaitCountdown(buyer);
  await buyer.context().setOffline(true);
  await buyer.clock.fastForward("15:00");
  await expect(orderState(buyer)).toContainText("Time’s up.");
  await api.cancel(buyer, order); // elsewhere
  await buyer.clock.fastForward("00:05");
  await expect(orderState(buyer)).toContainText("Time’s up.");
  await buyer.context().setOffline(false);
  await expect(orderState(buyer)).toContainText("You cancelled this order");
});
