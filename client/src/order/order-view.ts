import { type Charge, type Order, Unavailable } from "@/api/services";
import { isReturned } from "@/order/money-back";

/**
 * What an order looks like to its buyer:
 *
 * - payable: reserved, and time is left
 * - time-up: the time is up, and orders is about to cancel it
 * - bank: the payer's bank asks for confirmation
 * - processing: a payment is being processed
 * - unread: reserved, but payments doesn't say whether a payment is under way
 * - complete
 * - returned: complete, but the money went back
 * - declined: the payment failed, which cancelled the order
 * - refunding, refunded: paid after the order had ended
 * - withdrawn: cancelled by the buyer
 * - recalled: cancelled because the seller had withdrawn the ticket
 * - lapsed: not paid in time
 * - void: cancelled, for a reason that the service doesn't give
 */
export type OrderView =
  | "payable"
  | "time-up"
  | "bank"
  | "processing"
  | "unread"
  | "complete"
  | "returned"
  | "declined"
  | "refunding"
  | "refunded"
  | "withdrawn"
  | "recalled"
  | "lapsed"
  | "void";

const cancelled: Record<NonNullable<Order["reason"]>, OrderView> = {
  user: "withdrawn",
  expired: "lapsed",
  "payment-failed": "declined",
  "ticket-withdrawn": "recalled",
};

/** The payment of an order: undefined if there is none, "unread" if payments doesn't respond. */
export type ReadCharge = Charge | undefined | "unread";

/** Combines two services, of which one may be ahead of the other. The charge takes precedence. */
export function viewOrder(order: Order, read: ReadCharge, now: Date): OrderView {
  const charge = known(read);
  if (charge?.status === "refunded" && order.status !== "complete") return "refunded";
  switch (order.status) {
    case "complete":
      return charge && isReturned(charge) ? "returned" : "complete";
    case "cancelled":
      if (charge?.status === "succeeded") return "refunding";
      if (charge?.status === "pending") return "processing";
      if (order.reason) return cancelled[order.reason] ?? "void"; // services may add reasons
      return charge?.status === "failed" ? "declined" : "void";
    default:
      if (read === "unread") return "unread";
      if (charge?.status === "failed") return "declined";
      if (charge?.status === "pending" && charge.clientSecret) return "bank";
      // Stripe hasn't been asked for anything yet, and paying again resumes the payment.
      if (!charge?.paused && (charge || order.status === "awaiting:payment")) return "processing";
      return now.getTime() < Date.parse(order.expiresAt) ? "payable" : "time-up";
  }
}

/** Lets a page that can do without a service be shown when it doesn't respond. */
export function orUnread(error: unknown): "unread" {
  if (error instanceof Unavailable) return "unread";
  throw error;
}

export function known(charge: ReadCharge): Charge | undefined {
  return charge === "unread" ? undefined : charge;
}

/** The views that change without the user. */
export function isPassing(view: OrderView): boolean {
  return (
    view === "unread" ||
    view === "bank" ||
    view === "processing" ||
    view === "refunding" ||
    view === "time-up"
  );
}
