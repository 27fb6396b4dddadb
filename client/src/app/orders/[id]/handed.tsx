import { type Order, readPrivatePart } from "@/api/services";
import { CheckAgain } from "@/app/orders/[id]/parts";
import { Refresh } from "@/layout/refresh";
import { orUnread } from "@/order/order-view";
import { PrivateText } from "@/ticket/private-text";
import { QrCode } from "@/ticket/qr-code";

// How long after the payment tickets may not know the buyer yet, in milliseconds.
const SALE_NEWS = 60_000;

// How often the page refreshes until then, in milliseconds.
const ASK_AGAIN = 2_000;

type HandedProps = { order: Order; paidAt: string | undefined; now: number };

/** What the seller gave the buyer of a complete order. */
export async function Handed({ order, paidAt, now }: HandedProps) {
  const part = await readPrivatePart(order.ticket.id).catch(orUnread);
  const coming = part === null && paidAt !== undefined && now - Date.parse(paidAt) < SALE_NEWS;
  return (
    <section aria-labelledby="handed" className="space-y-4">
      <h3 id="handed" className="text-xl">
        Your ticket
      </h3>
      {part === "unread" ? (
        <p className="text-muted">
          We can’t show your ticket right now. <CheckAgain order={order} />
        </p>
      ) : part?.text ? (
        <>
          <PrivateText text={part.text} />
          <QrCode text={part.text} />
        </>
      ) : coming ? (
        <p className="text-muted">
          Getting your ticket… <CheckAgain order={order} />
          <Refresh every={ASK_AGAIN} />
        </p>
      ) : (
        <p className="text-muted">The seller will hand over the ticket.</p>
      )}
    </section>
  );
}
