import * as api from "../api.ts";
import { expect, test } from "../fixtures.ts";
import { awaitCountdown, orderState } from "../people.ts";

const HOUR = 3_600_000;

for (const [name, shift] of [
  ["fast", 5 * HOUR],
  ["slow", -5 * HOUR],
] as const) {
  test(`a clock that is five hours ${name} does no harm`, async ({ caller, user }) => {
    const [seller, buyer] = [await caller(), await user()];
    const order = await api.order(buyer, await api.list(seller));
    await buyer.clock.install({ time: Date.now() + shift });
    await buyer.goto(`/orders/${order.id}`);
    const timer = orderState(buyer).getByRole("timer");
    await expect(timer).toHaveText(/^1[0-4]:\d\d$/);
    await awaitCountdown(buyer);
    await expect(timer).toHaveText(/^1[0-4]:\d\d$/);
    await expect(buyer.getByRole("button", { name: "Pay $19.99" })).toBeVisible();
  });
}

test("the countdown warns below five minutes and below one", async ({ caller, user }) => {
  const [seller, buyer] = [await caller(), await user()];
  const order = await api.order(buyer, await api.list(seller));
  await buyer.clock.install();
  await buyer.goto(`/orders/${order.id}`);
  const state = orderState(buyer);
  await expect(state.getByRole("timer")).toHaveText(/^14:\d\d$/);
  // It is read out by the minute, not by the second.
  await expect(state.getByRole("timer")).toHaveAttribute("aria-live", "off");
  await expect(state.getByText("15 minutes left to pay.")).toHaveAttribute("aria-live", "polite");
  await expect(state).not.toContainText("Less than");

  await awaitCountdown(buyer);
  await buyer.clock.fastForward("10:30");
  await expect(state).toContainText("Less than five minutes left to pay");
  await buyer.clock.fastForward("03:30");
  await expect(state).toContainText("Less than a minute left to pay");
});
