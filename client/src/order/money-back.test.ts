import { expect, test } from "vitest";
import type { Charge } from "@/api/services";
import { isReturned, moneyBack } from "@/order/money-back";

const paid: Charge = { id: "1", orderId: "1", status: "succeeded", amount: 19.99 };

function dispute(status: string, amount = 19.99): Partial<Charge> {
  return { dispute: { status, reason: "fraudulent", amount } };
}

test.each<[string, Partial<Charge>, string[], boolean]>([
  ["is paid", {}, [], false],
  ["is refunded in part", { refundedAmount: 5 }, ["$5.00 refunded"], false],
  ["is refunded", { status: "refunded", refundedAmount: 19.99 }, [], true],
  ["was refunded before amounts were told", { status: "refunded" }, [], true],
  ["has lost its refund", { status: "refunded", refundFailed: true }, ["Refund didn't arrive"], true],
  [
    "has lost one of two parts",
    { refundedAmount: 5, refundFailed: true },
    ["Refund didn't arrive", "$5.00 refunded"],
    false,
  ],
  ["is disputed", dispute("needs_response"), ["Disputed"], false],
  ["is disputed and under review", dispute("under_review"), ["Disputed"], false],
  ["is disputed in a way that is new", dispute("something_new"), ["Disputed"], false],
  ["is inquired about", dispute("warning_needs_response"), ["Bank inquiry"], false],
  ["was inquired about", dispute("warning_closed"), ["Inquiry closed"], false],
  ["stands after a dispute", dispute("won"), ["Dispute closed"], false],
  ["is returned by the bank", dispute("lost"), ["Returned by your bank"], true],
  ["is returned by the bank in part", dispute("lost", 5), ["Returned by your bank"], false],
  [
    "is refunded and returned in parts",
    { refundedAmount: 14.99, ...dispute("lost", 5) },
    ["$14.99 refunded", "Returned by your bank"],
    true,
  ],
])("a payment that %s", (_, changes, short, returned) => {
  const charge = { ...paid, ...changes };
  const told = moneyBack(charge);
  expect(told.map((t) => t.short)).toEqual(short);
  for (const { long } of told) expect(long).toMatch(/^[A-Z$].*\.$/);
  expect(isReturned(charge)).toBe(returned);
});
