import { type Charge, type Order, readPrivatePart } from "@/api/services";
import { formatMoney } from "@/layout/format";
import { Time } from "@/layout/time";
import { orUnread } from "@/order/order-view";

/** What a paid order cost, when and how it was paid, and who sold the ticket. */
export async function Receipt({ order, charge }: { order: Order; charge: Charge | undefined }) {
  if (!charge || !hasReceipt(charge)) return null;
  const seller = await sellerOf(order);
  return (
    <section aria-labelledby="receipt" className="mb-6">
      <h2 id="receipt" className="mb-3 text-2xl">
        Receipt
      </h2>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-2">
        <dt className="text-muted">Ticket</dt>
        <dd dir="auto" className="break-words">
          {order.ticket.title}
        </dd>
        {seller && (
          <>
            <dt className="text-muted">Sold by</dt>
            <dd dir="auto" className="break-words">
              {seller}
            </dd>
          </>
        )}
        {charge.paidAt && (
          <>
            <dt className="text-muted">Paid</dt>
            <dd>
              <Time at={charge.paidAt} />
            </dd>
          </>
        )}
        <dt className="text-muted">Amount</dt>
        <dd>{formatMoney(charge.amount)}</dd>
        {charge.card && (
          <>
            <dt className="text-muted">Card</dt>
            <dd>
              {brandName(charge.card.brand)} ending in {charge.card.last4}
            </dd>
          </>
        )}
        <dt className="text-muted">Order number</dt>
        <dd className="break-all font-mono">{order.id}</dd>
      </dl>
    </section>
  );
}

/** The seller's display name. undefined if they have none or tickets doesn't respond. */
async function sellerOf(order: Order): Promise<string | undefined> {
  if (order.status !== "complete") return undefined;
  const part = await readPrivatePart(order.ticket.id).catch(orUnread);
  return part === "unread" ? undefined : part?.seller?.name;
}

export function hasReceipt(charge: Charge | undefined): boolean {
  return charge?.status === "succeeded" || charge?.status === "refunded";
}

// Stripe's names of card brands: https://docs.stripe.com/api/charges/object#charge_object-payment_method_details-card-brand
const brands: Record<string, string> = {
  amex: "American Express",
  diners: "Diners Club",
  discover: "Discover",
  jcb: "JCB",
  mastercard: "Mastercard",
  unionpay: "UnionPay",
  visa: "Visa",
};

function brandName(brand: string): string {
  return brands[brand] ?? "Card";
}
