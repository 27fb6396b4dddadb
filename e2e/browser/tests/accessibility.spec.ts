import * as api from "../api.ts";
import { expect, test } from "../fixtures.ts";
import { looksRight } from "../looks.ts";
import { awaitCountdown, fillCredentials, isOffered } from "../people.ts";

// Pages that take a while to come by are looked at where they come up: absence.spec.ts and
// time-is-up.spec.ts.

test("the pages of a visitor can be used by everybody", async ({ caller, visitor }) => {
  const ticket = await api.list(await caller());
  const page = await visitor();
  expect(await isOffered(page, ticket.title)).toBe(true);
  await looksRight(page);
  await page.goto(`/tickets/${ticket.id}`);
  await looksRight(page);
  await page.goto("/?after=000000000000000000000000");
  await expect(page.getByRole("heading", { name: "That’s everything" })).toBeVisible();
  await looksRight(page);
});

test("signing up and in can be done by everybody", async ({ visitor }) => {
  const page = await visitor();
  for (const [path, action, problem] of [
    ["/signup", "Sign up", "Email must be valid"],
    ["/signin", "Sign in", "Invalid credentials"],
  ] as const) {
    await page.goto(path);
    await looksRight(page);
    await fillCredentials(page, "nonsense", "short");
    await page.getByRole("button", { name: action }).click();
    await expect(page.getByText(problem)).toBeVisible();
    await looksRight(page);
  }
});

test("the pages of a seller can be used by everybody", async ({ caller, user }) => {
  const [seller, buyer] = [await user(), await caller()];
  await seller.goto("/my-tickets");
  await expect(seller.getByRole("heading", { name: "You haven’t listed any tickets" })).toBeVisible();
  await looksRight(seller);

  await seller.goto("/sell");
  await looksRight(seller);
  await seller.getByRole("button", { name: "List ticket" }).click();
  await expect(seller.getByLabel("What’s the ticket for?")).toHaveAttribute("aria-invalid", "true");
  await looksRight(seller);

  const [free, reserved, sold] = [await api.list(seller), await api.list(seller), await api.list(seller)];
  await api.order(buyer, reserved);
  await api.pay(buyer, await api.order(buyer, sold));
  await api.awaitTicket(seller, reserved.id, "reserved");
  await api.awaitTicket(seller, sold.id, "sold");
  await seller.goto("/my-tickets");
  await expect(seller.getByRole("main").getByRole("listitem")).toHaveCount(3);
  await looksRight(seller);
  for (const path of [free, reserved, sold].map((t) => `/tickets/${t.id}`)) {
    await seller.goto(path);
    await looksRight(seller);
  }
  for (const path of [free, reserved].map((t) => `/tickets/${t.id}/edit`)) {
    await seller.goto(path);
    await looksRight(seller);
  }
});

test("the pages of a ticket can be used by everybody", async ({ caller, user }) => {
  const [seller, buyer, other] = [await caller(), await user(), await user()];
  const [free, reserved, sold] = [await api.list(seller), await api.list(seller), await api.list(seller)];
  await api.order(buyer, reserved);
  await api.pay(buyer, await api.order(buyer, sold));
  await api.awaitTicket(buyer, reserved.id, "reserved");
  await api.awaitTicket(buyer, sold.id, "sold");
  for (const [page, path] of [
    [other, `/tickets/${free.id}`],
    [other, `/tickets/${reserved.id}?taken=${Date.now()}`],
    [other, `/tickets/${sold.id}`],
    [buyer, `/tickets/${reserved.id}`],
    [buyer, `/tickets/${sold.id}`],
  ] as const) {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await looksRight(page);
  }
});

test("the pages of an order can be used by everybody", async ({ caller, user }) => {
  const [seller, buyer] = [await caller(), await user()];
  await buyer.goto("/orders");
  await expect(buyer.getByRole("heading", { name: "No purchases yet" })).toBeVisible();
  await looksRight(buyer);

  const order = async () => api.order(buyer, await api.list(seller));
  const withdrawn = await order();
  await api.cancel(buyer, withdrawn); // first, since four orders can be open at once
  const [payable, bank, complete, declined] = [await order(), await order(), await order(), await order()];
  await api.pay(buyer, bank, "pm_card_authenticationRequired");
  await api.pay(buyer, complete);
  await api.payInVain(buyer, declined);
  for (const [{ id }, says] of [
    [payable, "left to pay"],
    [bank, "Confirm with your bank"],
    [complete, "It’s yours!"],
    [declined, "Your payment didn’t go through"],
    [withdrawn, "You cancelled this order"],
  ] as const) {
    await buyer.goto(`/orders/${id}`);
    await expect(buyer.getByRole("main")).toContainText(says);
    await looksRight(buyer);
  }
  await buyer.goto("/orders");
  await expect(buyer.getByRole("main").getByRole("listitem")).toHaveCount(5);
  await looksRight(buyer);
});

test("the last minute of an order can be used by everybody", async ({ caller, user }) => {
  const [seller, buyer] = [await caller(), await user()];
  const { id } = await api.order(buyer, await api.list(seller));
  await buyer.clock.install();
  await buyer.goto(`/orders/${id}`);
  await awaitCountdown(buyer);
  for (const [jump, says] of [
    ["11:00", "Less than five minutes left to pay"],
    ["03:10", "Less than a minute left to pay"],
  ] as const) {
    await buyer.clock.fastForward(jump);
    await expect(buyer.getByRole("main")).toContainText(says);
    await looksRight(buyer);
  }
});
