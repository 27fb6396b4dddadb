import * as api from "../api.ts";
import { expect, test } from "../fixtures.ts";
import { cancelThenPay, entry, orderState, payInVain, payWith, sell, signUp } from "../people.ts";
import { decideAtBank } from "../sandbox.ts";

test("everything from signing up to paying works without JavaScript", async ({ visitor, system }) => {
  const [seller, buyer] = [
    await visitor({ javaScriptEnabled: false }),
    await visitor({ javaScriptEnabled: false }),
  ];
  const title = api.unique("A silent film");
  await signUp(seller, api.newEmail());
  const ticket = await sell(seller, title, "19.99");
  await signUp(buyer, api.newEmail());

  await buyer.goto(`/tickets/${ticket}`);
  await payInVain(buyer, system);
  await cancelThenPay(buyer, ticket, system);

  await buyer.getByRole("navigation").getByRole("link", { name: "Purchases" }).click();
  await expect(entry(buyer, title).filter({ hasText: "Paid" })).toHaveCount(1);
  await expect(entry(buyer, title).filter({ hasText: "Payment declined" })).toHaveCount(1);
  await buyer.getByRole("button", { name: "Sign out" }).click();
  await expect(buyer.getByRole("link", { name: "Sign in" })).toBeVisible();
});

test("without JavaScript one looks oneself what the bank was told", async ({ caller, visitor }) => {
  const buyer = await visitor({ javaScriptEnabled: false });
  await signUp(buyer, api.newEmail());
  const order = await api.order(buyer, await api.list(await caller()));
  await buyer.goto(`/orders/${order.id}`);
  await payWith(buyer, "Bank confirmation");
  await decideAtBank(buyer, "Approve");
  await expect.poll(async () => (await api.readOrder(buyer, order.id)).status).toBe("complete");
  await buyer.getByRole("link", { name: "Check again" }).click();
  await expect(orderState(buyer)).toContainText("It’s yours!");
});

test("without JavaScript a form says what is wrong, and keeps what was typed", async ({ visitor }) => {
  const page = await visitor({ javaScriptEnabled: false });
  await page.goto("/signup");
  await page.getByLabel("Email").fill("nonsense");
  await page.getByLabel("Password").fill("long enough");
  await page.getByRole("button", { name: "Sign up" }).click();
  await expect(page.getByLabel("Email")).toHaveAccessibleDescription("Email must be valid");
  await expect(page.getByLabel("Email")).toHaveValue("nonsense");
});
