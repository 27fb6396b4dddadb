import * as api from "../api.ts";
import { expect, test } from "../fixtures.ts";
import { orderState } from "../people.ts";
import { slowDown } from "../sandbox.ts";
import { shoot } from "./shoot.ts";

test.use({ ordersLive: "10s" });

test("what takes time", async ({ visitor, caller, system }) => {
  const [buyer, seller] = [await visitor(), await caller()];
  await api.signUp(buyer, "jonas.weber@example.com");
  const state = orderState(buyer);
  const order = async (title: string, price: number) => {
    const placed = await api.order(buyer, await api.list(seller, title, price));
    await buyer.goto(`/orders/${placed.id}`);
    return placed;
  };

  await order("The Paper Lanterns, Union Hall, Fri 11 December", 32.5);
  await expect(state).toContainText("Less than a minute left to pay");
  await shoot(buyer, "order-last-minute");
  await expect(state).toContainText("Time ran out");
  await shoot(buyer, "order-time-ran-out");

  const slow = await order("Moons of Jupiter, Planetarium, Fri 15 January", 16);
  await slowDown(system, "payment_intents.confirm", 7_000);
  const payment = api.pay(buyer, slow);
  await expect(async () => {
    await buyer.goto(`/orders/${slow.id}`);
    await expect(state).toContainText("Processing your payment", { timeout: 500 });
  }).toPass();
  await shoot(buyer, "order-under-way");
  await payment;

  await order("Swan Lake, box for four, Sat 30 January", 1250);
  await expect(state.getByRole("timer")).toHaveText(/^0:0[234]$/);
  await slowDown(system, "payment_methods.create", 6_800);
  await buyer.getByRole("button", { name: /^Pay/ }).click();
  await expect(state.getByRole("heading", { name: "Refunded" })).toBeVisible();
  await shoot(buyer, "order-refunded");
});
