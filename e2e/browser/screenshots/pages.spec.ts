import * as api from "../api.ts";
import { expect, test } from "../fixtures.ts";
import { awaitCountdown, fillCredentials, orderState } from "../people.ts";
import { freePort, startClient } from "../system.ts";
import { offers } from "./offers.ts";
import { shoot } from "./shoot.ts";

test.use({ ordersLive: "15m" });

const people = { seller: "mira.lindqvist@example.com", buyer: "jonas.weber@example.com" };

test("a visitor", async ({ visitor, caller, tolerated }) => {
  const page = await visitor();
  await page.goto("/");
  await shoot(page, "landing-empty");

  const seller = await caller();
  const tickets: api.Ticket[] = [];
  for (const [title, price] of offers) tickets.push(await api.list(seller, title, price));
  await page.goto("/");
  await expect(page.getByRole("main").getByRole("listitem")).toHaveCount(offers.length);
  await shoot(page, "landing", { dark: true });
  await page.goto(`/tickets/${tickets[9]?.id}`);
  await shoot(page, "ticket-signed-out");

  await page.goto("/signup");
  await shoot(page, "sign-up");
  await fillCredentials(page, "jonas.weber", "1234");
  await page.getByRole("button", { name: "Sign up" }).click();
  await expect(page.getByText("Email must be valid")).toBeVisible();
  await shoot(page, "sign-up-refused", { dark: true });
  await page.goto("/signin");
  await shoot(page, "sign-in");

  tolerated.push(/status of 404/);
  await page.goto("/no/such/page");
  await shoot(page, "not-found");
});

test("a seller", async ({ visitor, caller }) => {
  const [seller, buyer] = [await visitor(), await caller()];
  await api.signUp(seller, people.seller);
  await seller.goto("/my-tickets");
  await shoot(seller, "my-tickets-empty");
  await seller.goto("/sell");
  await shoot(seller, "sell");
  await seller.getByLabel("Price").fill("twenty");
  await seller.getByRole("button", { name: "List ticket" }).click();
  await expect(seller.getByLabel("Price")).toHaveAttribute("aria-invalid", "true");
  await shoot(seller, "sell-refused");

  const sold = await api.list(seller, "Casablanca in the park, Sat 29 August, deckchair", 14);
  const reserved = await api.list(seller, "Gardens by night, Thu 10 December, 8 pm", 32.5);
  const free = await api.list(seller, "String quartet at noon, Town Hall, Mon 14 December", 18);
  await api.pay(buyer, await api.order(buyer, sold));
  await api.order(buyer, reserved);
  await api.awaitTicket(seller, sold.id, "sold");
  await api.awaitTicket(seller, reserved.id, "reserved");
  await seller.goto("/my-tickets");
  await shoot(seller, "my-tickets", { dark: true });
  await seller.goto(`/tickets/${free.id}`);
  await shoot(seller, "own-ticket-for-sale");
  await seller.goto(`/tickets/${reserved.id}`);
  await shoot(seller, "own-ticket-reserved");
  await seller.goto(`/tickets/${free.id}/edit`);
  await shoot(seller, "edit");
  await seller.goto(`/tickets/${reserved.id}/edit`);
  await shoot(seller, "edit-refused");
});

test("a buyer", async ({ visitor, caller, system, tolerated }) => {
  const [buyer, seller, other] = [await visitor(), await caller(), await caller()];
  await api.signUp(buyer, people.buyer);
  await buyer.goto("/orders");
  await shoot(buyer, "my-orders-empty");

  const offer = async (title: string, price: number) => api.list(seller, title, price);
  const ticket = await offer("Ada Moreau Quartet, Blue Door, Tue 15 December", 27);
  await buyer.goto(`/tickets/${ticket.id}`);
  await shoot(buyer, "ticket-free", { dark: true });
  await api.order(other, ticket);
  await expect(buyer.getByRole("status")).toHaveText("Someone just reserved this ticket.");
  await shoot(buyer, "ticket-just-reserved");
  await api.awaitTicket(buyer, ticket.id, "reserved");
  await buyer.goto(`/tickets/${ticket.id}?taken=${Date.now()}`);
  await shoot(buyer, "ticket-too-late");
  const sold = await offer("Stand-up Sunday, The Cellar, 20 December", 12.5);
  await api.pay(other, await api.order(other, sold));
  await api.awaitTicket(buyer, sold.id, "sold");
  await buyer.goto(`/tickets/${sold.id}`);
  await shoot(buyer, "ticket-sold");

  const order = async (title: string, price: number) => api.order(buyer, await offer(title, price));
  const withdrawn = await order("Pottery for two, Sat 9 January, 10 am", 64);
  await api.cancel(buyer, withdrawn);
  const declined = await order("New Year’s Eve at the Grand, dinner and dancing", 240);
  await api.payInVain(buyer, declined);
  const complete = await order("Messiah by candlelight, St Anne’s, Thu 17 December", 45);
  await api.pay(buyer, complete);
  const bank = await order("Harbour City v Northgate, Sun 13 December, block 112", 74.99);
  await api.pay(buyer, bank, "pm_card_authenticationRequired");
  const mine = await offer("A Christmas Carol, Wed 16 December, 4 pm, stalls", 19.99);
  const payable = await api.order(buyer, mine);
  for (const [{ id }, name, says, dark] of [
    [payable, "order-to-pay", "left to pay", true],
    [bank, "order-bank", "Confirm with your bank", false],
    [complete, "order-complete", "It’s yours!", false],
    [declined, "order-declined", "Your payment didn’t go through", true],
    [withdrawn, "order-cancelled", "You cancelled this order", false],
  ] as const) {
    await buyer.goto(`/orders/${id}`);
    await expect(orderState(buyer)).toContainText(says);
    await shoot(buyer, name, { dark });
  }
  await buyer.goto("/orders");
  await shoot(buyer, "my-orders", { dark: true });
  await api.awaitTicket(buyer, mine.id, "reserved");
  await buyer.goto(`/tickets/${mine.id}`);
  await shoot(buyer, "ticket-reserved-by-you");

  await buyer.clock.install();
  await buyer.goto(`/orders/${payable.id}`);
  await awaitCountdown(buyer);
  await buyer.clock.fastForward("11:30");
  await expect(orderState(buyer)).toContainText("Less than five minutes left to pay");
  await shoot(buyer, "order-soon-over");

  tolerated.push(/\/events/);
  const client = await startClient(system, { ORDERS_URL: `http://127.0.0.1:${await freePort()}` });
  await buyer.goto(`${client.url}/orders`);
  await shoot(buyer, "service-away");
  await client.stop();
});
