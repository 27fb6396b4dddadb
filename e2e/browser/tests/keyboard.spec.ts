import * as api from "../api.ts";
import { expect, type Page, test } from "../fixtures.ts";
import { isOffered, orderState, reserveButton } from "../people.ts";

test("a ticket is reserved and paid by keyboard alone", async ({ caller, user }) => {
  const [seller, buyer] = [await caller(), await user()];
  const ticket = await api.list(seller);

  expect(await isOffered(buyer, ticket.title)).toBe(true);
  await buyer.keyboard.press("Tab");
  await expect(buyer.getByRole("link", { name: "Skip to content" })).toBeFocused();
  await expect(buyer.getByRole("link", { name: "Skip to content" })).toBeInViewport();
  await buyer.keyboard.press("Enter");
  await expect(buyer.getByRole("main")).toBeFocused();
  await tabTo(buyer, buyer.getByRole("link", { name: ticket.title }));
  await buyer.keyboard.press("Enter");

  await tabTo(buyer, reserveButton(buyer));
  await buyer.keyboard.press("Enter");
  await expect(buyer.getByRole("heading", { name: "Your order" })).toBeVisible();

  // The cards are one stop, among which the arrows choose.
  await tabTo(buyer, buyer.getByRole("radio", { name: /^Succeeds/ }));
  await buyer.keyboard.press("ArrowDown");
  await expect(buyer.getByRole("radio", { name: /^Declined/ })).toBeChecked();
  await buyer.keyboard.press("ArrowUp");
  await expect(buyer.getByRole("radio", { name: /^Succeeds/ })).toBeChecked();
  await buyer.keyboard.press("Tab");
  await expect(buyer.getByRole("button", { name: "Pay $19.99" })).toBeFocused();
  await buyer.keyboard.press("Space");
  await expect(orderState(buyer)).toContainText("It’s yours!");
});

/** Presses Tab until something has the focus, and holds that one sees that it has. */
async function tabTo(page: Page, target: ReturnType<Page["getByRole"]>): Promise<void> {
  await expect(target).toBeVisible();
  const isFocused = () => target.evaluate((element) => element === document.activeElement);
  for (let presses = 0; !(await isFocused()); presses++) {
    expect(presses, "presses of Tab").toBeLessThan(60);
    await page.keyboard.press("Tab");
  }
}
