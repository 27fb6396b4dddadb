// The Stripe sandbox: what became of the money, the payer's bank, and making Stripe slow.

import { expect, type Page } from "@playwright/test";
import type { System } from "./system.ts";

type Entry = { order_id: string; captured_times: number; amount: number; refunded: number };

/** What the sandbox has taken for an order and not given back, in cents, and how often it has taken it. */
export async function moneyOf(system: System, orderId: string): Promise<{ kept: number; captures: number }> {
  const response = await fetch(`${system.stripe}/sandbox/ledger`);
  const { entries } = (await response.json()) as { entries: Entry[] };
  const money = { kept: 0, captures: 0 };
  for (const entry of entries.filter((e) => e.order_id === orderId)) {
    money.captures += entry.captured_times;
    money.kept += entry.amount * entry.captured_times - entry.refunded;
  }
  return money;
}

/** Delays the next call of an operation by any caller, so don't use it on a shared system. */
export async function slowDown(system: System, operation: string, delay: number): Promise<void> {
  const response = await fetch(`${system.stripe}/sandbox/faults`, {
    method: "POST",
    body: JSON.stringify({ operation, kind: "slow", delay_ms: delay, times: 1 }),
  });
  expect(response.status).toBe(201);
}

/** Goes to the bank from an order's page, in a new tab, and answers it. */
export async function decideAtBank(page: Page, decision: "Approve" | "Refuse"): Promise<void> {
  const opened = page.waitForEvent("popup");
  await page.getByRole("link", { name: "Continue to your bank" }).click();
  const bank = await opened;
  await bank.getByRole("button", { name: `${decision} the payment` }).click();
  await expect(bank.getByRole("status")).toContainText(
    decision === "Approve" ? "has been approved" : "has not been approved",
  );
  await bank.close();
}

/** Refunds some cents of a payment, or the rest, in Stripe's dashboard. */
export async function refundByHand(system: System, payment: string, cents?: number): Promise<string> {
  const form = new URLSearchParams({ payment_intent: payment, reason: "requested_by_customer" });
  if (cents) form.set("amount", String(cents));
  const headers = { Authorization: "Bearer sk_test_dashboard" };
  const response = await fetch(`${system.stripe}/v1/refunds`, { method: "POST", body: form, headers });
  expect(response.status).toBe(200);
  return ((await response.json()) as { id: string }).id;
}

/** Makes the bank bounce a refund. */
export async function failRefund(system: System, refund: string): Promise<void> {
  const response = await fetch(`${system.stripe}/sandbox/refunds/${refund}/fail`, { method: "POST" });
  expect(response.status).toBe(200);
}

/** Disputes a payment with the bank. */
export async function dispute(system: System, payment: string): Promise<string> {
  const body = JSON.stringify({ payment_intent: payment });
  const response = await fetch(`${system.stripe}/sandbox/disputes`, { method: "POST", body });
  expect(response.status).toBe(201);
  return ((await response.json()) as { id: string }).id;
}

/** The bank decides a dispute. */
export async function decideDispute(system: System, id: string, status: "won" | "lost"): Promise<void> {
  const body = JSON.stringify({ status });
  const response = await fetch(`${system.stripe}/sandbox/disputes/${id}`, { method: "POST", body });
  expect(response.status).toBe(200);
}
