// With a publishable key: the card is typed into fields of Stripe's script, whose place a fake takes. The
// money is the sandbox's, as everywhere.

import { fileURLToPath } from "node:url";
import type { BrowserContextOptions } from "@playwright/test";
import * as api from "../api.ts";
import { test as base, expect, type Page } from "../fixtures.ts";
import { cancelOrder, orderState } from "../people.ts";
import { moneyOf } from "../sandbox.ts";
import { type System, startClient } from "../system.ts";

const fake = fileURLToPath(new URL("../fake-stripe.js", import.meta.url));

const bank = `<!doctype html><meta charset="utf-8"><title>Your bank</title><p>Is it you who pays?</p>
<button onclick="parent.postMessage('approve', '*')">Approve the payment</button>
<button onclick="parent.postMessage('refuse', '*')">Refuse the payment</button>`;

type Payer = { page: Page; order: api.Order; ticket: api.Ticket };

const test = base.extend<
  { payer(options?: BrowserContextOptions): Promise<Payer> },
  { clientWithKey: { url: string } }
>({
  clientWithKey: [
    async ({ system }, use) => {
      const client = await startClient(system, { STRIPE_PUBLISHABLE_KEY: "pk_test_123" });
      await use(client);
      await client.stop();
    },
    { scope: "worker", timeout: 90_000 },
  ],
  /** A buyer on the page of an unpaid order. */
  payer: async ({ user, system, clientWithKey }, use) => {
    await use(async (options) => {
      const page = await user(options);
      await standInForStripe(page, system);
      const ticket = await api.list(page);
      const order = await api.order(page, ticket);
      await page.goto(`${clientWithKey.url}/orders/${order.id}`);
      return { page, order, ticket };
    });
  },
});

/** Answers in the place of the three hosts that the content security policy lets in. */
async function standInForStripe(page: Page, system: System): Promise<void> {
  await page.route("https://js.stripe.com/endive/stripe.js", (route) =>
    route.fulfill({ path: fake, contentType: "text/javascript" }),
  );
  await page.route("https://hooks.stripe.com/**", (route) =>
    route.fulfill({ body: bank, contentType: "text/html" }),
  );
  await page.route("https://api.stripe.com/**", async (route) => {
    const body = new URLSearchParams(route.request().postData() ?? "");
    const intent = body.get("client_secret")?.split("_secret_")[0];
    const answer = await fetch(`${system.stripe}/sandbox/authenticate/${intent}`, { method: "POST", body });
    await route.fulfill({ status: answer.status, headers: { "Access-Control-Allow-Origin": "*" } });
  });
}

/** Types a card of Stripe's manual. */
async function typeCard(page: Page, number: string): Promise<void> {
  await page.getByRole("textbox", { name: "Credit or debit card number" }).fill(number);
  await page.getByRole("textbox", { name: "Credit or debit card expiration date" }).fill("12 / 34");
  await page.getByRole("textbox", { name: "Credit or debit card CVC/CVV" }).fill("123");
}

const payButton = (page: Page) => page.getByRole("button", { name: /^Pay / });

test("a card is typed into Stripe's fields and pays once, however often one clicks", async ({
  payer,
  system,
}) => {
  const { page, order } = await payer();
  const expires = page.getByRole("textbox", { name: /expiration date/ });
  await expect(expires).toBeVisible();
  await page.getByText("Expires").click();
  await expect(expires).toBeFocused();
  await payButton(page).click();
  await expect(page.getByText("Your card's number is incomplete.")).toBeVisible();
  await expect(page.getByRole("textbox", { name: /card number/ })).toBeFocused();

  await typeCard(page, "4242 4242 4242 4242");
  await payButton(page).dblclick();
  await expect(orderState(page).getByRole("heading", { name: "It’s yours!" })).toBeVisible();
  expect(await moneyOf(system, order.id)).toEqual({ kept: 1999, captures: 1 });
});

test("a card that is declined ends the order in Stripe's words", async ({ payer, system }) => {
  const { page, order, ticket } = await payer();
  await typeCard(page, "4000 0000 0000 9995");
  await payButton(page).click();
  await expect(orderState(page).getByRole("alert")).toContainText("Your card has insufficient funds.");
  await api.awaitTicket(page, ticket.id, "available");
  expect(await moneyOf(system, order.id)).toEqual({ kept: 0, captures: 0 });
});

for (const { decision, heading, kept } of [
  { decision: "Approve", heading: "It’s yours!", kept: 1999 },
  { decision: "Refuse", heading: "Your payment didn’t go through", kept: 0 },
]) {
  test(`the bank asks over the page: ${decision}`, async ({ payer, system }) => {
    const { page, order } = await payer();
    await typeCard(page, "4000 0027 6000 3184");
    await payButton(page).click();
    const question = page.frameLocator('iframe[title="3-D Secure"]');
    const answer = question.getByRole("button", { name: `${decision} the payment` });
    await expect(answer).toBeVisible();

    // A buyer who comes back later starts again.
    await page.reload();
    await expect(page.getByRole("button", { name: "Confirm with your bank" })).toBeVisible();
    await expect(answer).toBeHidden();
    await page.getByRole("button", { name: "Confirm with your bank" }).click();
    await answer.click();
    await expect(orderState(page).getByRole("heading", { name: heading })).toBeVisible();
    expect((await moneyOf(system, order.id)).kept).toBe(kept);
  });
}

test("with Stripe blocked, the page says so, and the buyer can try again", async ({ payer, tolerated }) => {
  tolerated.push(/ERR_FAILED/, /Stripe didn.t load/);
  const { page } = await payer();
  await page.route("https://js.stripe.com/**", (route) => route.abort());
  await page.reload();
  const form = page.getByRole("form", { name: "Pay the order" });
  await expect(form.getByRole("alert")).toContainText("couldn’t be loaded");
  await page.unroute("https://js.stripe.com/**");
  await form.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("textbox", { name: /card number/ })).toBeFocused();
});

test("without JavaScript the page says that a card needs it, and the buyer can cancel", async ({ payer }) => {
  const { page } = await payer({ javaScriptEnabled: false });
  await expect(page.locator("noscript p")).toContainText("You need JavaScript to pay by card");
  await expect(payButton(page)).toBeHidden();
  await cancelOrder(page);
  await expect(orderState(page).getByRole("heading", { name: "You cancelled this order" })).toBeVisible();
});
