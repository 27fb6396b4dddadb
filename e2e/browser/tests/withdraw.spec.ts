import * as api from "../api.ts";
import { expect, test } from "../fixtures.ts";
import { isOffered, reserveButton, sell, signUp } from "../people.ts";

test("a seller withdraws a ticket, and a buyer who looks at it sees that", async ({ user }) => {
  const [seller, buyer] = [await user(), await user()];
  const title = api.unique("A seat to withdraw");
  const ticket = await api.list(seller, title);
  await buyer.goto(`/tickets/${ticket.id}`);
  await expect(reserveButton(buyer)).toBeVisible();

  await seller.goto(`/tickets/${ticket.id}`);
  const withdraw = seller.getByRole("button", { name: "Withdraw this ticket" });
  await expect(withdraw).toBeHidden();
  await seller.getByText("Withdraw ticket", { exact: true }).click();
  await withdraw.click();
  await expect(seller.getByRole("heading", { name: "Withdrawn" })).toBeVisible();
  await expect(seller.getByRole("link", { name: "Edit title or price" })).toHaveCount(0);

  await expect(buyer.getByRole("status")).toContainText("The seller just withdrew this ticket.");
  await expect(buyer.getByRole("heading", { name: "No longer for sale" })).toBeVisible();
  await expect(reserveButton(buyer)).toHaveCount(0);
  expect(await isOffered(buyer, title)).toBe(false);

  await seller.goto(`/tickets/${ticket.id}/edit`);
  await expect(seller.getByRole("main")).toContainText("You’ve withdrawn this ticket");
  await seller.goto("/my-tickets");
  await expect(seller.getByRole("listitem").filter({ hasText: title })).toContainText("Withdrawn");
});

// Without JavaScript, the page doesn't follow the ticket.
test("a seller can't withdraw a ticket that was reserved meanwhile", async ({ caller, visitor }) => {
  const [seller, buyer] = [await visitor({ javaScriptEnabled: false }), await caller()];
  await signUp(seller, api.newEmail());
  const ticket = await api.list(seller);
  await seller.goto(`/tickets/${ticket.id}`);
  await seller.getByText("Withdraw ticket", { exact: true }).click();
  const order = await api.order(buyer, ticket);
  await api.awaitTicket(seller, ticket.id, "reserved");
  await seller.getByRole("button", { name: "Withdraw this ticket" }).click();
  await expect(seller.getByRole("heading", { name: "Sale pending" })).toBeVisible();
  expect((await api.readOrder(buyer, order.id)).status).toBe("created");
});

test("a ticket is withdrawn without JavaScript", async ({ visitor }) => {
  const seller = await visitor({ javaScriptEnabled: false });
  await signUp(seller, api.newEmail());
  const id = await sell(seller, api.unique("A silent seat"), "19.99");
  await seller.getByText("Withdraw ticket", { exact: true }).click();
  await seller.getByRole("button", { name: "Withdraw this ticket" }).click();
  await expect(seller.getByRole("heading", { name: "Withdrawn" })).toBeVisible();
  expect((await api.readTicket(seller, id)).status).toBe("withdrawn");
});
