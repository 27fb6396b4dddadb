import * as api from "../api.ts";
import { expect, type Page, test } from "../fixtures.ts";
import { looksRight } from "../looks.ts";
import { countLoads, entry, orderState, reserve, reserveButton } from "../people.ts";
import { moneyOf, slowDown } from "../sandbox.ts";

// A system of their own, whose sandbox is made slow for one of them at a time. Orders live long enough for a busy
// machine to show their page.
test.use({ ordersLive: "15s" });
test.describe.configure({ mode: "default" });

test("an order ends while it is looked at, and its ticket is free again", async ({ caller, user }) => {
  const [seller, buyer, next] = [await caller(), await user(), await user()];
  const ticket = await api.list(seller);
  await next.goto(`/tickets/${ticket.id}`);
  await buyer.goto(`/tickets/${ticket.id}`);
  const order = await reserve(buyer);
  const state = orderState(buyer);
  await expect(state.getByRole("timer")).toHaveText(/^0:(0\d|1[0-5])$/);
  await expect(state).toContainText("Less than a minute left to pay");
  const loads = countLoads(buyer);

  await expect(state.getByRole("heading", { name: "Time ran out" })).toBeVisible();
  await expect(state.getByRole("button", { name: /^Pay/ })).toHaveCount(0);
  expect(loads()).toBe(0);
  expect((await api.readOrder(buyer, order)).status).toBe("cancelled");
  await looksRight(buyer);

  await expect(reserveButton(next)).toBeVisible();
  await reserve(next);
});

test("a payment that comes too late is given back", async ({ caller, user, system }) => {
  const [seller, buyer] = [await caller(), await user()];
  const ticket = await api.list(seller);
  const order = await api.order(buyer, ticket);
  await buyer.goto(`/orders/${order.id}`);
  const state = orderState(buyer);
  // Payments hears of it in time. Stripe takes the card only when the order has ended, before payments gives up,
  // after eight seconds.
  await slowDown(system, "payment_methods.create", 6_800);
  await sendFormAt(buyer, Date.parse(order.expiresAt) - 4_000);
  await buyer.getByRole("button", { name: "Pay $19.99" }).click();

  await expect(state.getByRole("heading", { name: "Refunded" })).toBeVisible({ timeout: 40_000 });
  await expect(state).toContainText("the full $19.99 was refunded");
  const charge = await api.readCharge(buyer, order.id);
  expect(charge?.stripeRefundId).toBeTruthy();
  await expect(buyer.getByRole("main")).toContainText(charge?.stripeRefundId ?? "no refund");
  expect(await moneyOf(system, order.id)).toEqual({ kept: 0, captures: 1 });
  await looksRight(buyer);
  await buyer.goto("/orders");
  await expect(entry(buyer, ticket.title)).toContainText("Refunded");
});

test("another tab shows that a payment is under way, and how it ends", async ({ caller, user, system }) => {
  const [seller, buyer] = [await caller(), await user()];
  const order = await api.order(buyer, await api.list(seller));
  const other = await buyer.context().newPage();
  await buyer.goto(`/orders/${order.id}`);
  await slowDown(system, "payment_intents.confirm", 7_000); // payments gives up after eight
  await buyer.getByRole("button", { name: "Pay $19.99" }).click();
  await expect(buyer.getByRole("button", { name: "Paying…" })).toBeVisible();
  await expect.poll(async () => (await api.readCharge(buyer, order.id))?.status).toBe("pending");

  await other.goto(`/orders/${order.id}`);
  await expect(orderState(other)).toContainText("Processing your payment");
  const loads = countLoads(other);
  for (const tab of [buyer, other]) await expect(orderState(tab)).toContainText("It’s yours!");
  expect(loads()).toBe(0);
});

/** Holds back the page's forms until a time: a click may take seconds on a busy machine. */
async function sendFormAt(page: Page, time: number): Promise<void> {
  await page.route("**", async (route) => {
    if (route.request().method() !== "POST") return route.fallback();
    await new Promise((passed) => setTimeout(passed, time - Date.now()));
    return route.continue();
  });
}
