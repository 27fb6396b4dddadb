import * as api from "../api.ts";
import { expect, test } from "../fixtures.ts";
import { entry, payWith, reserve, reserveButton } from "../people.ts";

for (const javaScriptEnabled of [true, false]) {
  test.describe(`${javaScriptEnabled ? "with" : "without"} JavaScript`, () => {
    test.use({ javaScriptEnabled });

    test("the header shows a running reservation on every page", async ({ caller, user }) => {
      const [seller, buyer] = [await caller(), await user()];
      const ticket = await api.list(seller);
      await buyer.goto(`/tickets/${ticket.id}`);
      const order = await reserve(buyer);
      const held = buyer.getByRole("banner").getByRole("link", { name: /^Reserved/ });
      await expect(held).toBeVisible();
      await buyer.goto("/sell");
      await expect(held).toHaveText(
        javaScriptEnabled ? /^Reserved: 1[45]:\d\d left$/ : /^Reserved until .*UTC$/,
      );
      await buyer.goto("/"); // has no scripts
      await expect(held).toHaveText(/^Reserved until /);
      await held.click();
      await expect(buyer).toHaveURL(`/orders/${order}`);
      if (!javaScriptEnabled) await expect(buyer.getByRole("timer")).toBeHidden();
      await payWith(buyer, "Succeeds");
      await expect(buyer.getByRole("heading", { name: "It’s yours!" })).toBeVisible();
      await expect(held).toHaveCount(0);
    });
  });
}

test("a fifth open order is refused with a link to the open ones", async ({ caller, user }) => {
  const [seller, buyer] = [await caller(), await user()];
  const titles = [1, 2, 3, 4].map((n) => api.unique(`Seat ${n}`));
  for (const title of titles) await api.order(buyer, await api.list(seller, title));
  await buyer.goto(`/tickets/${(await api.list(seller)).id}`);
  await reserveButton(buyer).click();
  await expect(buyer.getByRole("main").getByRole("alert")).toContainText("limit of open orders (4)");
  await buyer.getByRole("link", { name: "See your open orders" }).click();
  await expect(buyer).toHaveURL("/orders?state=open");
  for (const title of titles) await expect(entry(buyer, title)).toBeVisible();
  await buyer.getByRole("link", { name: "Ended" }).click();
  await expect(buyer.getByText("You have no purchases in this list.")).toBeVisible();
});

test("a refusal names its type, which leads to a page that explains it", async ({ caller, user }) => {
  const [seller, buyer] = [await caller(), await user()];
  const ticket = await api.list(seller);
  await api.order(seller, ticket);
  const refused = await buyer.request.post("/api/orders", { data: { ticketId: ticket.id } });
  const { type } = (await refused.json()) as { type: string };
  expect(type).toBe("/problems/ticket-reserved");
  await buyer.goto(type);
  await expect(buyer.getByRole("heading", { level: 1 })).toHaveText("The ticket is reserved");
});

test("on a phone, payment comes before the ticket and the account is shown", async ({ caller, user }) => {
  const [seller, buyer] = [await caller(), await user()];
  await buyer.setViewportSize({ width: 390, height: 844 });
  await buyer.goto(`/tickets/${(await api.list(seller)).id}`);
  await reserve(buyer);
  await expect(buyer.getByRole("banner").getByText("@example.com")).toBeVisible();
  const pay = await buyer.getByRole("region", { name: "State of the order" }).boundingBox();
  const ticket = await buyer.getByText("Admit one").boundingBox();
  expect(pay?.y).toBeLessThan(ticket?.y ?? 0);
});

test("after paying, focus is on the result and the title names it", async ({ caller, user }) => {
  const [seller, buyer] = [await caller(), await user()];
  await buyer.goto(`/tickets/${(await api.list(seller)).id}`);
  await reserve(buyer);
  await payWith(buyer, "Succeeds");
  await expect(buyer.getByRole("heading", { name: "It’s yours!" })).toBeFocused();
  await expect(buyer).toHaveTitle(/^It’s yours!/);
  await expect(buyer.getByText("Yours", { exact: true })).toBeVisible();
});
