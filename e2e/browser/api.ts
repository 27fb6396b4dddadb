// What a test needs to be there, made without the pages that it is not about.

import { randomUUID } from "node:crypto";
import { type APIRequestContext, type APIResponse, expect } from "@playwright/test";

/** Who asks. A page is one, and shares its session with these requests. */
export type Caller = { request: APIRequestContext };

export const PASSWORD = "correct horse";

export type Ticket = {
  id: string;
  title: string;
  price: number;
  status: string;
  event?: { startsAt?: string; venue?: string; city?: string };
  description?: string;
};
export type Order = { id: string; status: string; expiresAt: string };
export type Charge = { id: string; status: string; stripeId?: string; stripeRefundId?: string };

export const newEmail = () => `${randomUUID()}@example.com`;

/** A title that no other ticket has. */
export const unique = (title: string) => `${title} ${randomUUID().slice(0, 8)}`;

export async function signUp(caller: Caller, email = newEmail()): Promise<void> {
  await post(caller, "/api/users/signup", { email, password: PASSWORD });
}

export async function list(seller: Caller, title = unique("Opening night"), price = 19.99): Promise<Ticket> {
  return post(seller, "/api/tickets", { title, price });
}

export async function order(buyer: Caller, ticket: Ticket): Promise<Order> {
  return post(buyer, "/api/orders", { ticketId: ticket.id });
}

export async function pay(buyer: Caller, order: Order, token = "tok_visa"): Promise<Charge> {
  return post(buyer, "/api/payments", { orderId: order.id, token });
}

/** Pays with a card that is declined, which ends the order. */
export async function payInVain(buyer: Caller, order: Order): Promise<void> {
  const data = { orderId: order.id, token: "tok_chargeDeclined" };
  await expect(async () => {
    expect((await buyer.request.post("/api/payments", { data })).status()).toBe(402);
  }).toPass();
  await expect.poll(async () => (await readOrder(buyer, order.id)).status).toBe("cancelled");
}

export async function cancel(buyer: Caller, order: Order): Promise<void> {
  succeeded(await buyer.request.delete(`/api/orders/${order.id}`));
}

export async function readTicket(caller: Caller, id: string): Promise<Ticket> {
  return get(caller, `/api/tickets/${id}`);
}

export async function readOrder(caller: Caller, id: string): Promise<Order> {
  return get(caller, `/api/orders/${id}`);
}

export async function readCharge(caller: Caller, orderId: string): Promise<Charge | undefined> {
  return (await get<Charge[]>(caller, `/api/payments?orderId=${orderId}`))[0];
}

export async function awaitTicket(caller: Caller, id: string, status: string): Promise<void> {
  await expect.poll(async () => (await readTicket(caller, id)).status).toBe(status);
}

async function get<T>(caller: Caller, path: string): Promise<T> {
  return succeeded(await caller.request.get(path)).json();
}

/** Repeats what is answered 404: another service may not have heard yet of what was made just now. */
async function post<T>(caller: Caller, path: string, data: object): Promise<T> {
  let answer: APIResponse | undefined;
  await expect(async () => {
    answer = await caller.request.post(path, { data });
    expect(answer.status()).not.toBe(404);
  }).toPass({ timeout: 30_000 });
  if (!answer) throw new Error(`${path} was not asked for`);
  return succeeded(answer).json();
}

function succeeded(answer: APIResponse): APIResponse {
  expect(answer.ok(), `${answer.url()} answered ${answer.status()}`).toBe(true);
  return answer;
}
