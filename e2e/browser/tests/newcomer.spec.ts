import * as api from "../api.ts";
import { expect, test } from "../fixtures.ts";
import { fillCredentials, orderState, payWith } from "../people.ts";

for (const javaScriptEnabled of [true, false]) {
  test.describe(`${javaScriptEnabled ? "with" : "without"} JavaScript`, () => {
    test.use({ javaScriptEnabled });

    test("a newcomer buys a ticket with four clicks and two forms", async ({ caller, visitor }) => {
      const title = api.unique("Closing night");
      await api.list(await caller(), title);
      const page = await visitor();
      await page.goto("/");
      await page.getByRole("link", { name: title }).click(); // 1
      await page.getByRole("link", { name: "Sign up to reserve" }).click(); // 2
      await expect(page.getByRole("form", { name: "Sign up and reserve" })).toBeVisible();
      await fillCredentials(page, api.newEmail());
      await page.getByRole("button", { name: "Sign up and reserve" }).click(); // 3
      await expect(page.getByRole("heading", { name: "Your order" })).toBeVisible();
      await payWith(page, "Succeeds"); // 4: the card is chosen already
      await expect(orderState(page)).toContainText("It’s yours!");
    });

    test("a newcomer who is too late sees that the ticket is taken", async ({ caller, visitor }) => {
      const seller = await caller();
      const ticket = await api.list(seller);
      const page = await visitor();
      await page.goto(`/tickets/${ticket.id}`);
      await page.getByRole("link", { name: "Sign up to reserve" }).click();
      await expect(page.getByRole("form", { name: "Sign up and reserve" })).toBeVisible();
      await api.order(await caller(), ticket);
      await fillCredentials(page, api.newEmail());
      await page.getByRole("button", { name: "Sign up and reserve" }).click();
      await expect(page.getByRole("main").getByText("Someone got there first.")).toBeVisible();
    });

    test("after a decline, one click reserves the ticket again", async ({ caller, user }) => {
      const [seller, buyer] = [await caller(), await user()];
      const ticket = await api.list(seller);
      const first = await api.order(buyer, ticket);
      await buyer.goto(`/orders/${first.id}`);
      await payWith(buyer, "Declined");
      await expect(orderState(buyer)).toContainText("The ticket is still available.");
      await buyer.getByRole("button", { name: "Reserve again and use another card" }).click();
      await expect(
        buyer
          .getByText("left to pay")
          .or(buyer.getByText(/^Reserved for you until/))
          .first(),
      ).toBeAttached();
      expect(buyer.url()).not.toContain(first.id);
      await payWith(buyer, "Succeeds");
      await expect(orderState(buyer)).toContainText("It’s yours!");
    });
  });
}
