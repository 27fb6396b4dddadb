import * as api from "../api.ts";
import { expect, test } from "../fixtures.ts";
import { looksRight } from "../looks.ts";
import { orderState } from "../people.ts";

test("a paid order has a receipt with its date, amount, card and number", async ({ caller, user }) => {
  const [seller, buyer] = [await caller(), await user()];
  const ticket = await api.list(seller, api.unique("A seat with a receipt"), 19.99);
  const order = await api.order(buyer, ticket);
  const receipt = buyer.getByRole("region", { name: "Receipt" });
  await buyer.goto(`/orders/${order.id}`);
  await expect(receipt).toHaveCount(0);

  await api.pay(buyer, order);
  await expect(async () => {
    await buyer.goto(`/orders/${order.id}`);
    await expect(orderState(buyer)).toContainText("It’s yours!", { timeout: 500 });
  }).toPass();
  await expect(receipt).toContainText(ticket.title);
  await expect(receipt).toContainText("Amount$19.99");
  await expect(receipt).toContainText("CardVisa ending in 4242");
  await expect(receipt).toContainText(`Order number${order.id}`);
  await expect(receipt.getByRole("time")).toHaveAttribute("datetime", /^20\d\d-/);
  await looksRight(buyer);
});
