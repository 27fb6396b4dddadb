import { expect, test } from "vitest";
import type { Charge, Order } from "@/api/services";
import { type OrderView, type ReadCharge, viewOrder } from "@/order/order-view";

const now = new Date("2026-11-23T18:00:00Z");
const early = "2026-11-23T18:10:00Z";
const late = "2026-11-23T17:50:00Z";

test.each<[Order["status"], string, Partial<Charge> | "unread" | undefined, OrderView]>([
  ["created", early, undefined, "payable"],
  ["created", late, undefined, "time-up"],
  ["created", early, { status: "pending", clientSecret: "s" }, "bank"],
  ["created", early, { status: "pending" }, "processing"],
  ["created", early, { status: "succeeded" }, "processing"],
  ["created", early, { status: "pending", paused: true }, "payable"],
  ["awaiting:payment", early, { status: "pending", paused: true }, "payable"],
  ["created", late, { status: "pending", paused: true }, "time-up"],
  ["awaiting:payment", late, { status: "pending", paused: true }, "time-up"],
  ["created", early, { status: "failed" }, "declined"],
  ["awaiting:payment", early, undefined, "processing"],
  ["awaiting:payment", late, { status: "pending", clientSecret: "s" }, "bank"],
  ["complete", late, undefined, "complete"],
  ["complete", early, { status: "pending" }, "complete"],
  ["complete", late, { status: "succeeded", amount: 20, refundedAmount: 19.99 }, "complete"],
  ["complete", late, { status: "refunded", amount: 20 }, "returned"],
  [
    "complete",
    late,
    { status: "succeeded", amount: 20, dispute: { status: "lost", reason: "general", amount: 20 } },
    "returned",
  ],
  ["created", late, { status: "refunded" }, "refunded"],
  ["created", early, "unread", "unread"],
  ["created", late, "unread", "unread"],
  ["awaiting:payment", early, "unread", "unread"],
  ["complete", early, "unread", "complete"],
  ["cancelled", early, "unread", "void"],
  ["cancelled", early, undefined, "void"],
  ["cancelled", early, { status: "failed" }, "declined"],
  ["cancelled", late, { status: "pending" }, "processing"],
  ["cancelled", late, { status: "succeeded" }, "refunding"],
  ["cancelled", late, { status: "refunded" }, "refunded"],
])("an order that is %s until %s with a charge of %j is %s", (status, expiresAt, charge, view) => {
  const order = { status, expiresAt } as Order;
  expect(viewOrder(order, charge as ReadCharge, now)).toBe(view);
});

// Whatever the time: it is the service that says why.
test.each<[NonNullable<Order["reason"]>, Partial<Charge> | undefined, OrderView]>([
  ["user", undefined, "withdrawn"],
  ["expired", undefined, "lapsed"],
  ["expired", { status: "failed" }, "lapsed"],
  ["expired", { status: "pending" }, "processing"],
  ["expired", { status: "refunded" }, "refunded"],
  ["payment-failed", { status: "failed" }, "declined"],
  ["payment-failed", undefined, "declined"],
  ["ticket-withdrawn", undefined, "recalled"],
  ["ticket-withdrawn", { status: "succeeded" }, "refunding"],
])("an order that is cancelled for %s, with a charge of %j, is %s", (reason, charge, view) => {
  for (const expiresAt of [early, late]) {
    const order = { status: "cancelled", reason, expiresAt } as Order;
    expect(viewOrder(order, charge as ReadCharge, now)).toBe(view);
  }
});
