import * as api from "../api.ts";
import { expect, test } from "../fixtures.ts";
import { looksRight } from "../looks.ts";

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with" : "without";

  test(`the receipt shows the seller's name, set at sign-up and changed later, ${how} JavaScript`, async ({
    visitor,
    user,
  }) => {
    const seller = await visitor({ javaScriptEnabled });
    const [email, name] = [`${api.unique("ada").replace(/\W+/g, "-")}@example.com`, api.unique("Ada L.")];
    await seller.goto("/signup?next=/account");
    await seller.getByLabel("Email").fill(email);
    await seller.getByLabel("Password").fill("correct horse");
    await seller.getByLabel("Name (optional)").fill("Ada");
    await seller.getByRole("button", { name: "Sign up" }).click();
    const field = seller.getByLabel("Name (optional)");
    await expect(seller.getByRole("heading", { name: "Your name" })).toBeVisible();
    await expect(field).toHaveValue("Ada");

    await field.fill("\u202eadA");
    await seller.getByRole("button", { name: "Save name" }).click();
    await expect(field).toHaveAccessibleDescription(/direction of text/);
    await field.fill(name);
    await seller.getByRole("button", { name: "Save name" }).click();
    await expect(seller.getByRole("status").filter({ hasText: "Saved" })).toBeVisible();
    await expect(field).toHaveValue(name);
    if (javaScriptEnabled) await looksRight(seller);

    const ticket = await api.list(seller);
    const buyer = await user({ javaScriptEnabled });
    const order = await api.order(buyer, ticket);
    await api.pay(buyer, order);
    await api.awaitTicket(seller, ticket.id, "sold");
    const receipt = buyer.getByRole("region", { name: "Receipt" });
    await expect(async () => {
      await buyer.goto(`/orders/${order.id}`);
      await expect(receipt.getByText(name)).toBeVisible({ timeout: 500 });
    }).toPass();
    expect(await buyer.content()).not.toContain(email);
    await expect(buyer.getByText(order.id)).toHaveCount(1); // the receipt has it, so the list of IDs doesn't
  });
}
