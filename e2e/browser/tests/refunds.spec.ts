import type { Page } from "@playwright/test";
import * as api from "../api.ts";
import { expect, test } from "../fixtures.ts";
import { looksRight } from "../looks.ts";
import { entry, orderState } from "../people.ts";
import { decideDispute, dispute, failRefund, refundByHand } from "../sandbox.ts";

/** A ticket that a buyer has paid, and the payment at Stripe. */
async function sold(seller: api.Caller, buyer: Page) {
  const ticket = await api.list(seller);
  const order = await api.order(buyer, ticket);
  const { stripeId = "" } = await api.pay(buyer, order);
  await expect.poll(async () => (await api.readOrder(buyer, order.id)).status).toBe("complete");
  return { title: ticket.title, path: `/orders/${order.id}`, payment: stripeId };
}

/** Reloads the page until it shows a text, since Stripe's webhooks take a moment. */
async function awaitState(page: Page, path: string, text: string): Promise<void> {
  await expect(async () => {
    await page.goto(path);
    await expect(orderState(page)).toContainText(text, { timeout: 500 });
  }).toPass();
}

test("the order page shows partial and full refunds made by hand", async ({ caller, user, system }) => {
  const [seller, buyer] = [await caller(), await user()];
  const { title, path, payment } = await sold(seller, buyer);
  await refundByHand(system, payment, 500);
  await awaitState(buyer, path, "$5.00 of $19.99 was refunded to your card.");
  await expect(orderState(buyer)).toContainText("It’s yours!");
  await looksRight(buyer);
  await buyer.goto("/orders");
  await expect(entry(buyer, title)).toContainText("Paid");
  await expect(entry(buyer, title)).toContainText("$5.00 refunded");

  const refund = await refundByHand(system, payment);
  await awaitState(buyer, path, "The full $19.99 was refunded to your card.");
  await expect(orderState(buyer)).not.toContainText("It’s yours");
  await expect(buyer.getByRole("main")).toContainText(refund);
  await looksRight(buyer);
  await buyer.goto("/orders");
  await expect(entry(buyer, title)).toContainText("Refunded");
});

test("the order page shows a refund that the bank bounced", async ({ caller, user, system }) => {
  const [seller, buyer] = [await caller(), await user()];
  const { title, path, payment } = await sold(seller, buyer);
  const refund = await refundByHand(system, payment);
  await awaitState(buyer, path, "The full $19.99 was refunded");
  await failRefund(system, refund);
  await awaitState(buyer, path, "Your refund didn't arrive");
  await expect(orderState(buyer)).not.toContainText("was refunded");
  await buyer.goto("/orders");
  await expect(entry(buyer, title)).toContainText("Refund didn't arrive");
});

for (const [decision, told, listed] of [
  ["won", "Your dispute is closed, and the payment stands.", "Dispute closed"],
  ["lost", "Your dispute is closed: your bank returned $19.99 to you.", "Returned by your bank"],
] as const) {
  test(`the order shows a dispute, and that it's ${decision}`, async ({ caller, user, system }) => {
    const [seller, buyer] = [await caller(), await user()];
    const { title, path, payment } = await sold(seller, buyer);
    const id = await dispute(system, payment);
    await awaitState(buyer, path, "You disputed $19.99 of this payment with your bank.");
    await looksRight(buyer);
    await buyer.goto("/orders");
    await expect(entry(buyer, title)).toContainText("Disputed");
    await decideDispute(system, id, decision);
    await awaitState(buyer, path, told);
    await buyer.goto("/orders");
    await expect(entry(buyer, title)).toContainText(listed);
  });
}
